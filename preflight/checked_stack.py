"""What is judged: the builds of a stack in one region, beside what an earlier run has built."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from config.builds import Build
from config.problems import Finding
from preflight.region_catalog import RegionCatalog


@dataclass(frozen=True)
class Stack:
    """
    The builds of a stack in one region.

    Attributes:
        region: the id of the region where they happen.
        builds: as they are configured now.
        catalog: asks the cloud.
        earlier: as the run before left them; empty where there was none.
        servers_at_once: how many temporary servers may be alive together; None for no limit but the quota, on
            which they queue.
    """

    region: str
    builds: list[Build]
    catalog: RegionCatalog
    earlier: list[Build] = field(default_factory=list)
    servers_at_once: int | None = None

    @property
    def to_make(self) -> list[Build]:
        """The builds that a run would make: those that are new, and those whose image must be another."""
        made = {build.name: build for build in self.earlier}
        return [build for build in self.builds if build.must_follow(made.get(build.name))]


@dataclass(frozen=True)
class Check:
    """
    One thing to look at.

    Attributes:
        what: a noun phrase, for the message where it could not be looked at.
        permission: the action that the look-up needs.
        judge: makes the look-up and judges.
        build_needs_it: whether a build cannot do without that permission either.
    """

    what: str
    permission: str
    judge: Callable[[], Iterable[Finding]]
    build_needs_it: bool = False
