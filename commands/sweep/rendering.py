"""Rendering of leftovers as a table and as JSON."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from commands.sweep.costs import hourly, so_far
from commands.sweep.inventory import ORDER, Leftover
from config import wording
from config.prices import Prices, money
from huaweicloud.printable import printable_line
from preflight import terminal_table

HEAD = ("build", "what", "name", "id", "state", "age", "cost so far", "belongs to")
LEFT_BEHIND = "none of the given stacks"
ALWAYS = ("server", "disk", "image")
"""Kinds that are counted even if there are none."""

KINDS = {
    "iso": "ISO image",
    "kept": "kept image",
    "copy": "copy",
    "kept-copy": "kept copy",
    "object": "ISO file",
}
"""Names of leftovers by the step in their ownership tag, where they differ from their kind."""


def as_json(leftovers: Sequence[Leftover], known: Mapping[str, str], prices: Prices, now: datetime) -> str:
    """Return the leftovers as JSON; `cost_per_hour` and `cost_so_far` are null without a price."""
    return json.dumps([_entry(leftover, known, prices, now) for leftover in leftovers], indent=2)


def _entry(leftover: Leftover, known: Mapping[str, str], prices: Prices, now: datetime) -> dict[str, Any]:
    return {
        "build_id": leftover.build_id,
        "kind": leftover.kind,
        "step": leftover.step,
        "id": leftover.id,
        "name": leftover.name,
        "status": leftover.status,
        "marked": leftover.is_tagged,
        "protected": leftover.protected,
        "created": leftover.created.isoformat() if leftover.created else None,
        "age_s": round((now - leftover.created).total_seconds()) if leftover.created else None,
        "size_gib": leftover.size_gib,
        "cost_per_hour": hourly(leftover, prices),
        "cost_so_far": so_far(leftover, prices, now),
        "currency": prices.currency,
        "stack": known.get(leftover.build_id),
        **({"published": leftover.published} if leftover.published else {}),
    }


def as_text(
    leftovers: Sequence[Leftover], known: Mapping[str, str], prices: Prices, now: datetime, *, states: bool
) -> str:
    """
    Return the leftovers as a table.

    Args:
        leftovers: Leftovers to show.
        known: Stack and build by build id.
        prices: Price table.
        now: Current time.
        states: True if states of stacks were given, so that builds in none of them are marked.
    """
    if not leftovers:
        return "no leftovers of this tool in this project"
    cells = (_row(leftover, known, prices, now, states=states) for leftover in leftovers)
    rows = [tuple(map(printable_line, row)) for row in cells]
    return f"{terminal_table.render(HEAD, rows, ruled=True)}\n\n{_sum(leftovers, prices, now)}"


def _row(
    leftover: Leftover, known: Mapping[str, str], prices: Prices, now: datetime, *, states: bool
) -> tuple[str, str, str, str, str, str, str, str]:
    what = KINDS.get(leftover.step, leftover.kind)
    spent = so_far(leftover, prices, now)
    owner = known.get(leftover.build_id) or (LEFT_BEHIND if states else "")
    return (
        leftover.build_id,
        what,
        leftover.name,
        leftover.id,
        _state(leftover),
        _age(now, leftover.created),
        "" if spent is None else money(spent, prices.currency),
        owner if leftover.is_tagged else f"{owner} (by name only)".strip(),
    )


def _state(leftover: Leftover) -> str:
    marks = ("protected" if leftover.protected else "", "published" if leftover.published else "")
    return ", ".join(filter(None, (leftover.status, *marks)))


def _sum(leftovers: Sequence[Leftover], prices: Prices, now: datetime) -> str:
    numbers = {kind: sum(leftover.kind == kind for leftover in leftovers) for kind in ORDER}
    counts = [wording.count(number, kind) for kind, number in numbers.items() if number or kind in ALWAYS]
    builds = len({leftover.build_id for leftover in leftovers if leftover.kind in ALWAYS})
    spent = [so_far(leftover, prices, now) for leftover in leftovers]
    known = [amount for amount in spent if amount is not None]
    running = sum(hourly(leftover, prices) or 0.0 for leftover in leftovers)
    costs = f"; {money(sum(known), prices.currency)} so far, {money(running, prices.currency)} an hour" if known else ""
    return f"{', '.join(counts)} of {wording.count(builds, 'build')}{costs}"


def _age(now: datetime, created: datetime | None) -> str:
    return wording.approximate_duration(max((now - created).total_seconds(), 0)) if created else "?"
