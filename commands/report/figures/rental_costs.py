"""Costs of a stack's temporary servers and images, by the price table of the user."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from commands.report.figures.step_times import BuildSteps, number
from config.prices import Prices

RENTED = ("temporary_server", "installation", "captured_image", "teardown")
"""Steps during which the server of a build is rented."""


class Cost(NamedTuple):
    """
    Costs of a build.

    Attributes:
        build: Name of the build; with "(test)" for the server that has tested its image.
        flavor: Flavor of its server.
        disks: Type and size (GiB) of each disk.
        rental_s: Seconds from the creation of the server to the end of its teardown; None if they are unknown.
        hourly: Price of server and disks for an hour; None if the table lacks one of them.
        per_month: Highest price of the image for a month; None without a price.
    """

    build: str
    flavor: str
    disks: tuple[tuple[str, int], ...]
    rental_s: float | None
    hourly: float | None
    per_month: float | None

    @property
    def amount(self) -> float | None:
        """Return the costs of the server."""
        return None if self.hourly is None or self.rental_s is None else self.hourly * self.rental_s / 3600


def costs(builds: Iterable[BuildSteps], prices: Prices, now: float | None) -> list[Cost]:
    """
    Return the costs of builds that have rented a server.

    Args:
        builds: Builds in the state.
        prices: Price table.
        now: Time of the report during a run, until which servers without a teardown are counted; None after it.
    """
    found: list[Cost] = []
    for build in builds:
        found += [_cost(build, prices, now)] if build.server.get("flavor") else []
        found += [_cost_of_test(build, prices)] if build.test.get("flavor") else []
    return found


def total(found: Iterable[Cost]) -> float | None:
    """Return the sum of costs; None if one of them is unknown, or if there are none."""
    amounts = [cost.amount for cost in found]
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known and len(known) == len(amounts) else None


def _cost(build: BuildSteps, prices: Prices, now: float | None) -> Cost:
    flavor, disks = str(build.server["flavor"]), tuple(_disks(build.server))
    size = disks[-1][1] if disks and build.image else 0
    return Cost(
        build.name,
        flavor,
        disks,
        _rental_s(build, now),
        prices.hourly(flavor, disks) if disks else None,
        size * prices.image_gib_month or None,
    )


def _cost_of_test(build: BuildSteps, prices: Prices) -> Cost:
    flavor, disks = str(build.test["flavor"]), tuple(_disks(build.test))
    seconds = next((step.seconds for step in build.steps if step.step == "verification"), None)
    hourly = prices.hourly(flavor, disks) if disks else None
    return Cost(f"{build.name} (test)", flavor, disks, seconds, hourly, None)


def _disks(server: Mapping[str, Any]) -> Iterable[tuple[str, int]]:
    data = server.get("data_volumes")
    for volume in (server.get("root_volume"), *(data if isinstance(data, list) else ())):
        if isinstance(volume, Mapping):
            yield str(volume.get("volumetype")), int(number(volume.get("size")))


def _rental_s(build: BuildSteps, now: float | None) -> float | None:
    rented = {step.step: step for step in build.steps if step.step in RENTED}
    if "temporary_server" not in rented:
        return None
    end = rented["teardown"].end if "teardown" in rented else now
    return None if end is None else max(end - rented["temporary_server"].work_begin, 0.0)
