"""
Cache of lists: a refresh of hundreds of builds requests the images, servers and disks of a region once.

All reads of the process use a list for some seconds, but never beyond a change that this process makes.

Not documented: how late lists are. So a resource that a list does not show is read by its id before it counts as gone.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from providers.runtime.per_client import PerCloud

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ecs import Server
    from huaweicloud.evs import VolumeDetails
    from huaweicloud.ims import Image

MAX_AGE_S = 20.0

T = TypeVar("T", bound="Image | Server | VolumeDetails")


@dataclass(frozen=True)
class _Listed(Generic[T]):
    """List of resources by id, with the time of its request and the mutation count of that moment."""

    resources: dict[str, T]
    requested_at: float
    mutation_count: int


class _List(Generic[T]):
    def __init__(self, fetch: Callable[[], list[T]], mutation_count: Callable[[], int]) -> None:
        self._fetch, self._mutation_count = fetch, mutation_count
        self._lock = threading.Lock()
        self._last: _Listed[T] | None = None

    def resources(self) -> dict[str, T]:
        with self._lock:
            if self._last is None or not self._is_good(self._last):
                asked, mutation_count = time.monotonic(), self._mutation_count()
                self._last = _Listed({resource.id: resource for resource in self._fetch()}, asked, mutation_count)
            return self._last.resources

    def _is_good(self, listed: _Listed[T]) -> bool:
        return listed.mutation_count == self._mutation_count() and time.monotonic() - listed.requested_at < MAX_AGE_S


class _Region:
    def __init__(self, cloud: Cloud) -> None:
        client = weakref.proxy(cloud)  # the cache lives as long as the client, so it must not hold it

        def mutation_count() -> int:
            return int(client.mutation_count)

        self.images: _List[Image] = _List(cloud.ims.list_images, mutation_count)
        self.servers: _List[Server] = _List(cloud.ecs.list_servers, mutation_count)
        self.volumes: _List[VolumeDetails] = _List(cloud.evs.list_volumes, mutation_count)


_regions = PerCloud(_Region)


def images(cloud: Cloud) -> list[Image]:
    """Return all private images of a region, the newest first (IMS GET /v2/cloudimages)."""
    return list(_regions.of(cloud).images.resources().values())


def volumes(cloud: Cloud) -> list[VolumeDetails]:
    """Return all disks of the project (EVS GET /v2/{project_id}/cloudvolumes/detail)."""
    return list(_regions.of(cloud).volumes.resources().values())


def image(cloud: Cloud, image_id: str) -> Image | None:
    """Return an image; None if there is none."""
    return _regions.of(cloud).images.resources().get(image_id) or cloud.ims.get_image(image_id)


def servers(cloud: Cloud) -> list[Server]:
    """Return all servers of a project in a region (ECS GET /v1/{project_id}/cloudservers/detail)."""
    return list(_regions.of(cloud).servers.resources().values())


def server(cloud: Cloud, server_id: str, *, may_be_gone: bool = False) -> Server | None:
    """
    Return a server; None if there is none (ECS GET /v1/{project_id}/cloudservers/detail).

    Args:
        cloud: Client of the region.
        server_id: Id of the server.
        may_be_gone: True if the server is meant to be gone, so that the list alone decides.
    """
    found = _regions.of(cloud).servers.resources().get(server_id)
    return found if found is not None or may_be_gone else cloud.ecs.get_server(server_id)


def volume(cloud: Cloud, volume_id: str) -> VolumeDetails | None:
    """Return a disk; None if there is none (EVS GET /v2/{project_id}/cloudvolumes/detail)."""
    return _regions.of(cloud).volumes.resources().get(volume_id) or cloud.evs.get_volume(volume_id)
