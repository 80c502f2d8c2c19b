"""Plan of a run in one line: servers, rental time, images and costs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from config import wording
from config.builds.checked_build import Build
from config.prices import Prices, disks, disks_of_test, money

DEFAULT_MINUTES = 30.0
GUESS = "the duration is an estimate, because no build of that ISO file with that flavor has finished here yet"


@dataclass(frozen=True)
class Plan:
    """
    Resources that a run rents, creates and deletes.

    Attributes:
        servers: Number of temporary servers.
        made: Number of images that did not exist before.
        replaced: Number of images that replace others.
        removed: Number of images that are deleted because their builds are no longer configured.
        minutes: Average rental time of a server.
        cost: Cost of the run; None without a price.
        currency: Currency of the costs.
        per_month: Highest monthly cost of the new images; None without a price.
        turns: Number of servers that run at the same time, and the limit behind it; None if all run together.
        is_guess: True if no earlier build has determined the rental time of one of the servers.
        tests: Number of servers that test an image.
        test_minutes: Average duration of the earlier tests; None if there are none.
        test_limit: Longest time that a test may take, in minutes.
    """

    servers: int
    made: int
    replaced: int
    removed: int
    minutes: float
    cost: float | None
    currency: str
    per_month: float | None = None
    turns: tuple[int, str] | None = None
    is_guess: bool = False
    tests: int = 0
    test_minutes: float | None = None
    test_limit: float = 0.0

    def __str__(self) -> str:
        if not (self.servers or self.removed):
            return "this run rents no server and creates no image"
        parts = []
        tests = f" and tests {wording.count(self.tests, 'image')} {self._test_span}" if self.tests else ""
        if self.servers:
            turns = f", {self.turns[0]} at a time ({self.turns[1]})" if self.turns else ""
            servers = wording.count(self.servers, "temporary server")
            span = f"{wording.approximate_duration(self.minutes * 60)}{' each' if self.servers > 1 else ''}"
            parts.append(f"rents {servers} for about {span}{turns}")
            parts.append(f"creates {wording.count(self.made + self.replaced, 'image')}{tests}")
        if self.replaced:
            parts.append(f"replaces {self.replaced} of them" if self.made else f"replaces {self.replaced}")
        if self.removed:
            parts.append(f"deletes {wording.count(self.removed, 'image')}")
        if self.cost is not None:
            month = f", and at most {money(self.per_month, self.currency)} per month" if self.per_month else ""
            parts.append(f"costs about {money(self.cost, self.currency)}{month}")
        guess = f"; {GUESS}" if self.servers and self.is_guess else ""
        return f"this run {_joined(parts)}{guess}"

    @property
    def _test_span(self) -> str:
        each = " each" if self.tests > 1 else ""
        if self.test_minutes is None:
            return f"for at most {wording.approximate_duration(self.test_limit * 60)}{each}"
        return f"for about {wording.approximate_duration(self.test_minutes * 60)}{each}"


def plan(
    builds: Sequence[Build],
    earlier: Sequence[Build],
    *,
    minutes: float | None = None,
    minutes_of: Callable[[Build], float | None] = lambda _build: DEFAULT_MINUTES,
    test_minutes: float | None = None,
    prices: Prices | None = None,
    turns: tuple[int, str] | None = None,
) -> Plan:
    """
    Return the plan that follows from the configured builds and those of the run before.

    Args:
        builds: Builds as configured.
        earlier: Builds as the run before left them.
        minutes: Configured rental time of a server; None to derive it from earlier builds.
        minutes_of: Function that returns the rental time of a build's server; None if no earlier build determines it.
        test_minutes: Minutes of the earlier tests of images in the region; None if there are none.
        prices: Price table; None without one.
        turns: Number of servers that run at the same time, and the limit behind it; None if all run together.
    """
    before = {build.name: build for build in earlier}
    to_make = [build for build in builds if build.must_follow(before.get(build.name))]
    new = [build for build in to_make if build.name not in before]
    changed = [build for build in to_make if build.name in before]
    names = {build.name for build in builds}
    removed = [build for build in earlier if build.name not in names and not build.retain_image]
    prices = prices or Prices()
    known = [minutes or minutes_of(build) for build in [*new, *changed]]
    likely = [each or DEFAULT_MINUTES for each in known]
    limits = [build.verify.timeout_minutes for build in to_make if build.verify]
    average = sum(likely) / len(likely) if likely else DEFAULT_MINUTES
    return Plan(
        servers=len(new) + len(changed),
        made=len(new),
        replaced=len(changed),
        removed=len(removed),
        minutes=average,
        is_guess=None in known,
        cost=_cost([*new, *changed], likely, prices),
        currency=prices.currency,
        per_month=sum(build.data_volumes[0].size for build in new) * prices.image_gib_month or None,
        turns=turns,
        tests=len(limits),
        test_minutes=test_minutes,
        test_limit=max(limits, default=0.0),
    )


def _cost(builds: Sequence[Build], minutes: Sequence[float], prices: Prices) -> float | None:
    rented = [(build.flavor, disks(build), each) for build, each in zip(builds, minutes, strict=True)]
    # a test that passes ends much earlier; its time limit is what it may cost
    rented += [
        (build.verify.flavor or build.flavor, disks_of_test(build), build.verify.timeout_minutes)
        for build in builds
        if build.verify
    ]
    hourly = [(prices.hourly(flavor, listed), each) for flavor, listed, each in rented]
    known = [price * each / 60 for price, each in hourly if price is not None]
    return sum(known) if known and len(known) == len(hourly) else None


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
