"""Servers that interrupted runs of a stack have left: they count against its quotas, and make room by themselves.

A server is recognized by its ownership tag and by its name, `<build>-<build id>`, which has the build id of the tag. A
run takes it over, or deletes it before it creates another one for the same build
(`providers/lifecycle/superseded_builds.py`).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from config.builds import Build
from huaweicloud.ecs import Server
from preflight.checked_stack import Stack

TAG_KEY = "image-from-iso"
"""The tag on everything that a build makes; its value is `<build id>.<step>.<owner>`."""
NAME_MAX = 63
_BUILD_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Leftover:
    """
    A server of an earlier run.

    Attributes:
        server: the server.
        build: the build that it belongs to, as configured now.
        vcpus: vCPUs that it takes.
        ram_mib: memory that it takes.
    """

    server: Server
    build: Build
    vcpus: int
    ram_mib: int

    @property
    def disks(self) -> int:
        """Return the number of its disks."""
        return len(self.server.volumes)

    @property
    def gib(self) -> int:
        """Return the size of its disks together, if the build's settings are those that it was made with."""
        build = self.build
        return build.root_volume.size + sum(volume.size for volume in build.data_volumes) if self.disks else 0


def leftovers(stack: Stack) -> list[Leftover]:
    """
    Find the servers that earlier runs of a stack have left (ECS GET /v1/{project_id}/cloudservers/detail).

    Raises:
        CloudError: the servers cannot be listed.
    """
    found = []
    for server in stack.catalog.servers():
        build = _build_of(server, stack.builds)
        if build is not None:
            offered = stack.catalog.flavors(build.availability_zone)
            flavor = offered.get(server.flavor_id) or offered.get(build.flavor)
            found.append(Leftover(server, build, flavor.vcpus if flavor else 0, flavor.ram_mib if flavor else 0))
    return found


def _build_of(server: Server, builds: Iterable[Build]) -> Build | None:
    build_id, _, rest = server.tags.get(TAG_KEY, "").partition(".")
    if not _BUILD_ID.fullmatch(build_id) or rest.partition(".")[0] != "server":
        return None
    names = {f"{build.name[: NAME_MAX - len(build_id)]}-{build_id}": build for build in builds}
    return names.get(server.name)
