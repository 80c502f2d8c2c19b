"""Rule for the cost of a run."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from policy.rule import Limit, Limits, StackResource, StackRule, StackViolation
from policy.rules.build_rules import RENTED, servers_at_once, servers_to_rent, tests_to_rent

if TYPE_CHECKING:
    from config.prices import Prices

PRICES = {
    "type": "object",
    "properties": {
        "currency": {"type": "string"},
        "flavors": {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}},
        "volumes": {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}},
    },
    "additionalProperties": False,
    "description": "Hourly price of a server by flavor, and of 1 GiB of disk by volumetype.",
}


def _hourly(resources: Sequence[StackResource], limits: Limits) -> Iterator[StackViolation]:
    most = limits["max_per_hour"]
    if most is None:
        return
    from config.prices import Prices, money

    prices = Prices.model_validate(limits["prices"])
    known, missing, tests = 0.0, [], tests_to_rent(resources)
    for region, servers in servers_to_rent(resources).items():
        # a build has one server at a time: the temporary one, then perhaps one that tests the image
        prices_of = {s.name: _dearer(prices, [s, tests.get((region, s.name), s)]) for s in servers}
        dearest = sorted((price for price in prices_of.values() if price is not None), reverse=True)
        known += sum(dearest[: servers_at_once(resources, region)])
        missing += [name for name, price in prices_of.items() if price is None]
    if known > most:
        cost, allowed = money(known, prices.currency), money(most, prices.currency)
        yield StackViolation(f"the temporary servers together cost {cost} per hour (allowed: {allowed})")
    if missing:
        yield StackViolation(f"the price table lacks the flavor or a disk type of {', '.join(map(repr, missing))}")


def _dearer(prices: "Prices", servers: Sequence[StackResource]) -> float | None:
    """Return the price of the dearest of some servers; None if the table lacks one of them."""
    found = [prices.hourly(str(s.properties.get("flavor")), _disks(s.properties)) for s in servers]
    known = [price for price in found if price is not None]
    return max(known) if len(known) == len(found) else None


def _disks(server: Mapping[str, Any]) -> list[tuple[str, int]]:
    listed = [server.get("root_volume") or {}, *(server.get("data_volumes") or [])]
    return [(str(disk.get("volumetype")), int(disk.get("size", 0))) for disk in listed if disk]


RULES = (
    StackRule(
        id="stack-hourly-cost",
        kinds=RENTED,
        description="The temporary servers of a stack must not cost more per hour than max_per_hour.",
        rationale="A mistake in a matrix of builds may rent many servers at once.",
        source="organisation; the cloud's price calculator",
        remedy="lower servers_at_once, choose a cheaper flavor, or raise max_per_hour",
        evaluate=_hourly,
        limits=(
            Limit("max_per_hour", {"type": "number", "minimum": 0}, None),
            Limit("prices", PRICES, {}),
        ),
        level="advisory",
    ),
)
