"""What a run may cost."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policy.rule import Limit, Limits, StackRule, StackViolation, Thing
from policy.rules.build_rules import RENTED, at_once, to_rent

PRICES = {
    "type": "object",
    "properties": {
        "currency": {"type": "string"},
        "flavors": {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}},
        "volumes": {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}},
    },
    "additionalProperties": False,
    "description": "Price for an hour: of a server by flavor, of a GiB of disk by volumetype.",
}


def _hourly(things: Sequence[Thing], limits: Limits) -> Iterator[StackViolation]:
    most = limits["max_per_hour"]
    if most is None:
        return
    from config.prices import Prices, money

    prices = Prices.model_validate(limits["prices"])
    known, missing = 0.0, []
    for region, servers in to_rent(things).items():
        prices_of = {s.name: prices.hourly(str(s.properties.get("flavor")), _disks(s.properties)) for s in servers}
        dearest = sorted((price for price in prices_of.values() if price is not None), reverse=True)
        known += sum(dearest[: at_once(things, region)])
        missing += [name for name, price in prices_of.items() if price is None]
    if known > most:
        says = f"the temporary servers cost {money(known, prices.currency)} per hour together, allowed are"
        yield StackViolation(f"{says} {money(most, prices.currency)}")
    if missing:
        yield StackViolation(f"the price table lacks the flavor or a disk type of {', '.join(map(repr, missing))}")


def _disks(server: Mapping[str, Any]) -> list[tuple[str, int]]:
    listed = [server.get("root_volume") or {}, *(server.get("data_volumes") or [])]
    return [(str(disk.get("volumetype")), int(disk.get("size", 0))) for disk in listed if disk]


RULES = (
    StackRule(
        id="stack-hourly-cost",
        kinds=RENTED,
        description="The temporary servers of a stack cost no more per hour than is allowed.",
        rationale="A mistyped matrix of builds rents many servers at once.",
        source="organisation; the cloud's price calculator",
        remedy="build fewer at once, choose a cheaper flavor, or raise max_per_hour",
        judge=_hourly,
        limits=(
            Limit("max_per_hour", {"type": "number", "minimum": 0}, None),
            Limit("prices", PRICES, {}),
        ),
        level="advisory",
    ),
)
