"""Checks of the quotas for temporary servers that run at the same time, their disks, and all images."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from config.builds.checked_build import Build
from config.problems import Finding
from huaweicloud.ecs import Flavor
from huaweicloud.errors import Cancelled, CloudError
from preflight.checked_stack import Check, Stack
from preflight.leftovers import Leftover, leftovers

FEWER_SERVERS = "lower servers_at_once, delete unused resources, or request a higher quota from the cloud"
SERVERS, VCPUS, MEMORY, DISKS, DISK_SPACE = "servers", "vCPUs", "MiB of memory", "disks", "GiB of disks"
FEWER_IMAGES = "delete unused images, or request a higher quota from the cloud"


@dataclass(frozen=True)
class Demand:
    """
    Amount of a quota that builds need.

    Attributes:
        subject: Name of the quota, as a plural with its unit.
        needed: Amount that each build needs.
        limit: Limit of the quota; -1 for none.
        used: Amount in use.
        own: Part of the used amount that belongs to servers of earlier runs of the stack.
    """

    subject: str
    needed: Sequence[int]
    limit: int
    used: int
    own: int = 0

    @property
    def left(self) -> int:
        """Return the amount that is left once the stack's own servers are deleted."""
        return max(self.limit - self.used + self.own, 0)

    def of(self, count: int | None) -> int:
        """Return the most that a number of builds can need together; None for all builds."""
        return sum(sorted(self.needed, reverse=True)[:count])

    def amount(self, number: int) -> str:
        """Return a number with the name of the quota, as a singular for 1."""
        is_plain = number == 1 and " " not in self.subject
        return f"{number} {self.subject.removesuffix('s') if is_plain else self.subject}"

    def fits(self, count: int | None) -> bool:
        """Return True if the quota suffices for any such number of builds together; None for all builds."""
        return self.limit < 0 or self.of(count) <= self.left

    @property
    def at_once(self) -> int:
        """Return the number of builds for which the quota suffices together, whichever they are."""
        return sum(need <= self.left for need in accumulate(sorted(self.needed, reverse=True)))


def checks(stack: Stack) -> list[Check]:
    """Return one check for the quotas of each service, if there is anything to build."""
    if not stack.to_make:
        return []
    # Without a limit of the user, servers queue for the quota, so that one of them has to fit.
    alive = stack.servers_at_once or 1

    def servers() -> Iterator[Finding]:
        demands = _servers(stack)
        own = _own(stack, demands, alive)
        yield from _findings(stack, _without_own(demands, own), alive, FEWER_SERVERS)
        yield from (_left_behind(leftover) for leftover in own)

    def volumes() -> Iterator[Finding]:
        demands = _volumes(stack)
        return _findings(stack, _without_own(demands, _own(stack, demands, alive)), alive, FEWER_SERVERS)

    def images() -> Iterator[Finding]:
        return _findings(stack, [_images(stack)], None, FEWER_IMAGES)

    return [
        Check("server quota", "ecs:cloudServerQuotas:get", servers),
        Check("disk quota", "evs:quotas:get", volumes),
        Check("image quota", "ims:quotas:get", images),
    ]


def turns(stack: Stack) -> tuple[int, str] | None:
    """
    Return the number of servers that run at the same time, and the limit behind it; None if all run together.

    A quota that cannot be read is ignored.
    """
    count = len(stack.to_make)
    if stack.servers_at_once:
        return (stack.servers_at_once, "servers_at_once") if stack.servers_at_once < count else None
    demands = []
    for look in (_servers, _volumes):
        try:
            found = look(stack)
            found = _without_own(found, _own(stack, found, None))
            demands += [demand for demand in found if not demand.fits(None)]
        except CloudError:
            continue  # The checks report it.
    least = min(demands, key=lambda demand: demand.at_once, default=None)
    if least is None or not least.at_once:
        return None
    return least.at_once, f"{least.left} of {least.limit} {least.subject} left"


def _findings(stack: Stack, demands: Sequence[Demand], count: int | None, remedy: str) -> Iterator[Finding]:
    for demand in demands:
        if not demand.fits(count):
            needed = demand.amount(demand.of(count))
            left = f"{demand.left} of {demand.limit} {'is' if demand.left == 1 else 'are'} left in {stack.region}"
            reason = f"require {needed} together, but {left}"
            yield Finding("error", "builds", None, reason, remedy)


def _own(stack: Stack, demands: Sequence[Demand], count: int | None) -> list[Leftover]:
    """Return the servers of earlier runs of the stack; they are listed only if a quota looks too small."""
    if all(demand.fits(count) for demand in demands):
        return []
    try:
        return leftovers(stack)
    except Cancelled:
        raise
    except CloudError:
        return []


def _without_own(demands: Sequence[Demand], own: Sequence[Leftover]) -> list[Demand]:
    amounts = {
        SERVERS: len(own),
        VCPUS: sum(leftover.vcpus for leftover in own),
        MEMORY: sum(leftover.ram_mib for leftover in own),
        DISKS: sum(leftover.disks for leftover in own),
        DISK_SPACE: sum(leftover.gib for leftover in own),
    }
    return [replace(demand, own=amounts.get(demand.subject, 0)) for demand in demands]


def _left_behind(leftover: Leftover) -> Finding:
    server = leftover.server
    reason = f"server {server.name} ({server.id}) of an interrupted run of this stack counts against the quota"
    remedy = "no action is required: this run adopts it, or deletes it before it creates another one"
    return Finding("warning", leftover.build.key("name"), None, reason, remedy)


def _servers(stack: Stack) -> list[Demand]:
    limits, builds = stack.catalog.limits(), stack.to_make
    known = [flavors for build in builds if (flavors := _flavors(stack, build))]
    return [
        Demand(SERVERS, [1] * len(builds), limits.max_instances, limits.used_instances),
        Demand(VCPUS, [max(f.vcpus for f in flavors) for flavors in known], limits.max_cores, limits.used_cores),
        Demand(MEMORY, [max(f.ram_mib for f in flavors) for flavors in known], limits.max_ram_mib, limits.used_ram_mib),
    ]


def _flavors(stack: Stack, build: Build) -> list[Flavor]:
    """Return the known flavors of a build's servers, which exist one after the other: the one that tests is last."""
    offered = stack.catalog.flavors(build.availability_zone)
    names = (build.flavor, build.verify.flavor if build.verify else None)
    return [offered[name] for name in names if name in offered]


def _volumes(stack: Stack) -> list[Demand]:
    quota, builds = stack.catalog.volume_quota(), stack.to_make
    disks = [1 + len(build.data_volumes) for build in builds]
    return [
        Demand(DISKS, disks, quota.volumes.limit, quota.volumes.used),
        Demand(DISK_SPACE, [_gib(build) for build in builds], quota.gigabytes.limit, quota.gigabytes.used),
    ]


def _images(stack: Stack) -> Demand:
    quota = stack.catalog.image_quota()
    to_import = {b.import_key for b in stack.to_make if not any(b.can_share_import(old) for old in stack.earlier)}
    # A repeated build keeps its old image until the new one exists.
    needed = [1] * (len(stack.to_make) + len(to_import))
    return Demand("private images (ISO images among them)", needed, quota.limit, quota.used)


def _gib(build: Build) -> int:
    return build.root_volume.size + sum(volume.size for volume in build.data_volumes)
