"""In one line, what a run will do: servers rented and for how long, images made and replaced, and what it costs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from config import wording
from config.builds import Build
from config.prices import Prices, disks, money

DEFAULT_MINUTES = 30.0
GUESS = "the minutes are a guess: no build of that ISO file with that flavor has ended here yet"


@dataclass(frozen=True)
class Plan:
    """
    What a run will do.

    Attributes:
        servers: temporary servers rented.
        made: images made that were not there before.
        replaced: images made in place of others.
        removed: images deleted because their build is no longer configured.
        minutes: how long each server is rented, on average.
        is_guess: True if no earlier build has told that of one of them.
        cost: what all of it costs; None where there is no price for it.
        currency: of the cost.
        per_month: what the images, as far as they are new, cost every month at most; None where there is no price.
        turns: how many servers are alive at a time, and why no more; None where all are.
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

    def __str__(self) -> str:
        if not (self.servers or self.removed):
            return "this run rents no server and makes no image"
        parts = []
        if self.servers:
            turns = f", {self.turns[0]} at a time ({self.turns[1]})" if self.turns else ""
            servers = wording.count(self.servers, "temporary server")
            parts.append(f"rents {servers} for about {wording.approximate_duration(self.minutes * 60)} each{turns}")
            parts.append(f"makes {wording.count(self.made + self.replaced, 'image')}")
        if self.replaced:
            parts.append(f"replaces {self.replaced} of them" if self.made else f"replaces {self.replaced}")
        if self.removed:
            parts.append(f"deletes {wording.count(self.removed, 'image')}")
        if self.cost is not None:
            month = f", and at most {money(self.per_month, self.currency)} a month" if self.per_month else ""
            parts.append(f"costs about {money(self.cost, self.currency)}{month}")
        guess = f"; {GUESS}" if self.servers and self.is_guess else ""
        return f"this run {_joined(parts)}{guess}"


def plan(
    builds: Sequence[Build],
    earlier: Sequence[Build],
    *,
    minutes: float | None = None,
    minutes_of: Callable[[Build], float | None] = lambda _build: DEFAULT_MINUTES,
    prices: Prices | None = None,
    turns: tuple[int, str] | None = None,
) -> Plan:
    """
    Compare the configured builds with those of the run before.

    Args:
        builds: as configured.
        earlier: as the run before left them.
        minutes: how long a temporary server is rented, where that is configured.
        minutes_of: how long that of a build is, where earlier ones have told.
        prices: the price table, where one is given.
        turns: how many servers are alive at a time, and why no more; None where all are.
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
    )


def _cost(builds: Sequence[Build], minutes: Sequence[float], prices: Prices) -> float | None:
    hourly = [prices.hourly(build.flavor, disks(build)) for build in builds]
    known = [price * each / 60 for price, each in zip(hourly, minutes, strict=True) if price is not None]
    return sum(known) if known and len(known) == len(hourly) else None


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
