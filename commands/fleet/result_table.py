"""The table at the end."""

from collections import Counter
from collections.abc import Sequence

from commands.fleet.result import Outcome
from huaweicloud.printable import printable_line
from preflight import terminal_table

HEADS = ("stack", "image", "status", "seconds", "machine")


def table(outcomes: Sequence[Outcome]) -> str:
    """A line for each stack, and how many there are of each status."""
    rows = [tuple(map(printable_line, _row(outcome))) for outcome in outcomes]
    counts = Counter(outcome.status for outcome in outcomes)
    return f"{terminal_table.render(HEADS, rows)}\n{', '.join(f'{count} {status}' for status, count in counts.items())}"


def _row(outcome: Outcome) -> tuple[str, ...]:
    seconds = f"{outcome.seconds:.0f}" if outcome.seconds else "-"
    return (outcome.stack, outcome.image or "-", outcome.status, seconds, outcome.machine or "-")
