"""Things as a table for people, and as JSON for machines."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from commands.sweep.costs import hourly, so_far
from commands.sweep.inventory import Thing
from config import wording
from config.prices import Prices, money
from huaweicloud.printable import printable_line
from preflight import terminal_table

HEAD = ("build", "what", "name", "id", "state", "age", "cost so far", "belongs to")
LEFT_BEHIND = "no stack that was given"


def as_json(things: Sequence[Thing], known: Mapping[str, str], prices: Prices, now: datetime) -> str:
    """Everything, for machines; `cost_per_hour` and `cost_so_far` are null where there is no price."""
    return json.dumps([_entry(thing, known, prices, now) for thing in things], indent=2)


def _entry(thing: Thing, known: Mapping[str, str], prices: Prices, now: datetime) -> dict[str, Any]:
    return {
        "build_id": thing.build_id,
        "kind": thing.kind,
        "step": thing.step,
        "id": thing.id,
        "name": thing.name,
        "status": thing.status,
        "marked": thing.marked,
        "protected": thing.protected,
        "created": thing.created.isoformat() if thing.created else None,
        "age_s": round((now - thing.created).total_seconds()) if thing.created else None,
        "size_gib": thing.size_gib,
        "cost_per_hour": hourly(thing, prices),
        "cost_so_far": so_far(thing, prices, now),
        "currency": prices.currency,
        "stack": known.get(thing.build_id),
    }


def as_text(things: Sequence[Thing], known: Mapping[str, str], prices: Prices, now: datetime, *, states: bool) -> str:
    """
    A table.

    Args:
        states: whether the states of stacks were given, so that what none of them knows was left behind.
    """
    if not things:
        return "nothing in this project carries this tool's mark"
    cells = (_row(thing, known, prices, now, states=states) for thing in things)
    rows = [tuple(map(printable_line, row)) for row in cells]
    return f"{terminal_table.render(HEAD, rows, ruled=True)}\n\n{_sum(things, prices, now)}"


def _row(
    thing: Thing, known: Mapping[str, str], prices: Prices, now: datetime, *, states: bool
) -> tuple[str, str, str, str, str, str, str, str]:
    what = {"iso": "ISO image", "kept": "kept image"}.get(thing.step, thing.kind)
    spent = so_far(thing, prices, now)
    owner = known.get(thing.build_id) or (LEFT_BEHIND if states else "")
    return (
        thing.build_id,
        what,
        thing.name,
        thing.id,
        f"{thing.status}, protected" if thing.protected else thing.status,
        _age(now, thing.created),
        "" if spent is None else money(spent, prices.currency),
        owner if thing.marked else f"{owner} (by its name only)".strip(),
    )


def _sum(things: Sequence[Thing], prices: Prices, now: datetime) -> str:
    counts = [wording.count(sum(t.kind == kind for t in things), kind) for kind in ("server", "disk", "image")]
    builds = len({thing.build_id for thing in things})
    spent = [so_far(thing, prices, now) for thing in things]
    known = [amount for amount in spent if amount is not None]
    running = sum(hourly(thing, prices) or 0.0 for thing in things)
    costs = f"; {money(sum(known), prices.currency)} so far, {money(running, prices.currency)} an hour" if known else ""
    return f"{', '.join(counts)} of {wording.count(builds, 'build')}{costs}"


def _age(now: datetime, created: datetime | None) -> str:
    return wording.approximate_duration(max((now - created).total_seconds(), 0)) if created else "?"
