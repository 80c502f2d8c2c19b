"""
Servers of interrupted runs of a stack, which count against its quotas until the next run deletes or adopts them.

A server is recognized by its ownership tag and by its name, `<build>-<build id>`, with the build id of the tag. That of
a test has `-test` behind it. A run adopts it, or deletes it before it creates another one for the same build
(`providers/lifecycle/superseded_builds.py`).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from config.builds.checked_build import Build
from huaweicloud.ecs import Server
from preflight.checked_stack import Stack

TAG_KEY = "image-from-iso"
"""Key of the ownership tag; its value is `<build id>.<step>.<owner>`."""
NAME_MAX = 64
ENDS = {"server": "", "test": "-test"}
"""End of a server's name behind the build id, by the step in its tag: the temporary server, and that of a test."""
_BUILD_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Leftover:
    """
    A server of an earlier run.

    Attributes:
        server: The server.
        build: Build that the server belongs to, as configured now.
        vcpus: Number of its vCPUs.
        ram_mib: Size of its memory.
    """

    server: Server
    build: Build
    vcpus: int
    ram_mib: int

    @property
    def disks(self) -> int:
        """Return the number of disks."""
        return len(self.server.volumes)

    @property
    def gib(self) -> int:
        """Return the total size of the disks, provided that the build's disk settings are unchanged."""
        build = self.build
        data = sum(volume.size for volume in build.data_volumes)
        if self.disks == 1:  # the server of a test, whose disk is that of the image
            return data
        return build.root_volume.size + data if self.disks else 0


def leftovers(stack: Stack) -> list[Leftover]:
    """
    Return the servers that earlier runs of a stack have left (ECS GET /v1/{project_id}/cloudservers/detail).

    Raises:
        CloudError: The servers cannot be listed.
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
    step = rest.partition(".")[0]
    if not _BUILD_ID.fullmatch(build_id) or step not in ENDS:
        return None
    end = f"-{build_id}{ENDS[step]}"
    return {f"{build.name[: NAME_MAX - len(end)]}{end}": build for build in builds}.get(server.name)
