"""Table of the results."""

from collections import Counter
from collections.abc import Sequence

from commands.fleet.result import Result
from huaweicloud.printable import printable_line
from preflight import terminal_table

HEADS = ("stack", "image", "status", "seconds", "machine")


def table(results: Sequence[Result]) -> str:
    """Return a table with a line for each stack, and the number of stacks of each status."""
    rows = [tuple(map(printable_line, _row(result))) for result in results]
    counts = Counter(result.status for result in results)
    return f"{terminal_table.render(HEADS, rows)}\n{', '.join(f'{count} {status}' for status, count in counts.items())}"


def _row(result: Result) -> tuple[str, ...]:
    seconds = f"{result.seconds:.0f}" if result.seconds else "-"
    return (result.stack, result.image or "-", result.status, seconds, result.machine or "-")
