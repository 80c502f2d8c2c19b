"""Subject of the checks: the builds of a stack in one region, and those of the run before."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from config.builds.checked_build import Build
from config.problems import Finding
from huaweicloud.errors import InvalidSetting
from preflight.region_catalog import RegionCatalog


@dataclass(frozen=True)
class Stack:
    """
    The builds of a stack in one region.

    Attributes:
        region: Id of the region.
        builds: Builds as configured.
        catalog: Cached read access to the region.
        earlier: Builds as the run before left them; empty if there was none.
        servers_at_once: Number of temporary servers that may run at the same time; None if only the quota limits
            them, for which they queue.
        catalogs: Function that returns read access to another region by its name in the stack.
        digests: Digests of the stack by which channels show who publishes to them; more than one after a renaming.
    """

    region: str
    builds: list[Build]
    catalog: RegionCatalog
    earlier: list[Build] = field(default_factory=list)
    servers_at_once: int | None = None
    catalogs: Callable[[str], RegionCatalog] | None = None
    digests: frozenset[str] = frozenset()

    def other(self, region: str) -> RegionCatalog:
        """
        Return read access to another region.

        Args:
            region: Region by its name in the stack.

        Raises:
            ConfigurationError: The configuration does not suffice.
        """
        if self.catalogs is None:
            raise InvalidSetting("regions", "names no other regions")
        return self.catalogs(region)

    @property
    def to_make(self) -> list[Build]:
        """Return the builds that a run would execute: new ones, and those that need a new image."""
        made = {build.name: build for build in self.earlier}
        return [build for build in self.builds if build.must_follow(made.get(build.name))]


@dataclass(frozen=True)
class Check:
    """
    A read-only check.

    Attributes:
        subject: Noun phrase for the message about a check that could not be performed.
        permission: Action that the requests of the check require.
        evaluate: Function that sends the requests and returns the findings.
        build_needs_it: True if a build requires that permission as well.
    """

    subject: str
    permission: str
    evaluate: Callable[[], Iterable[Finding]]
    build_needs_it: bool = False
