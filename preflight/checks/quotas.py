"""The quotas: all builds of the stack together fit into what is left of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from preflight.builds import Build
from preflight.findings import Finding
from preflight.stack import Check, Stack


@dataclass(frozen=True)
class Demand:
    """How much of something a run needs, and how much of it there may be; a limit of -1 is none."""

    what: str
    needed: int
    limit: int
    used: int

    @property
    def fits(self) -> bool:
        """Whether the quota suffices."""
        return self.limit < 0 or self.needed <= self.limit - self.used


def checks(stack: Stack) -> list[Check]:
    """One look at each service's quotas, where there is anything to make."""
    if not stack.to_make:
        return []
    return [
        Check("server quota", "ecs:cloudServerQuotas:get", lambda: _findings(_servers(stack))),
        Check("disk quota", "evs:quotas:get", lambda: _findings(_volumes(stack))),
        Check("image quota", "ims:quotas:get", lambda: _findings(_images(stack))),
    ]


def _findings(demands: list[Demand]) -> Iterator[Finding]:
    for demand in demands:
        if not demand.fits:
            left = max(demand.limit - demand.used, 0)
            reason = f"need {demand.needed} {demand.what} together, and {left} of {demand.limit} are left"
            remedy = "build fewer at once, delete what is not needed, or ask the cloud for a higher quota"
            yield Finding("error", "builds", None, reason, remedy)


def at_once(stack: Stack) -> list[Build]:
    """The builds whose servers may be alive together: the largest, where not all may."""
    builds = sorted(stack.to_make, key=_gib, reverse=True)
    return builds[: stack.servers_at_once]


def _servers(stack: Stack) -> list[Demand]:
    limits, builds = stack.catalogue.limits(), at_once(stack)
    flavors = [stack.catalogue.flavors(build.availability_zone).get(build.flavor) for build in builds]
    known = [flavor for flavor in flavors if flavor is not None]
    return [
        Demand("servers", len(builds), limits.max_instances, limits.used_instances),
        Demand("vCPUs", sum(f.vcpus for f in known), limits.max_cores, limits.used_cores),
        Demand("MiB of memory", sum(f.ram_mib for f in known), limits.max_ram_mib, limits.used_ram_mib),
    ]


def _volumes(stack: Stack) -> list[Demand]:
    quota, builds = stack.catalogue.volume_quota(), at_once(stack)
    disks = sum(1 + len(build.data_volumes) for build in builds)
    used = (quota.volumes.in_use + quota.volumes.reserved, quota.gigabytes.in_use + quota.gigabytes.reserved)
    return [
        Demand("disks", disks, quota.volumes.limit, used[0]),
        Demand("GiB of disks", sum(map(_gib, builds)), quota.gigabytes.limit, used[1]),
    ]


def _images(stack: Stack) -> list[Demand]:
    quota = stack.catalogue.image_quota()
    imported = {build.iso_key for build in stack.earlier}
    to_import = {build.iso_key for build in stack.to_make} - imported
    # a build that is made anew keeps its old image until the new one is there
    needed = len(stack.to_make) + len(to_import)
    return [Demand("private images (ISO images among them)", needed, quota.limit, quota.used)]


def _gib(build: Build) -> int:
    return build.root_volume.size + sum(volume.size for volume in build.data_volumes)
