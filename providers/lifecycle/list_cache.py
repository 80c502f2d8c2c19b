"""One list for many reads: a refresh of hundreds of builds asks once for what a region holds.

A list is used by all reads of the process for some seconds, but never beyond a change that this process makes.

Not documented: how late lists are. What a list does not show is therefore looked at by itself before it counts as gone.
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
    """What a list held: things by id, when it was asked for, and the mutation count of that moment."""

    things: dict[str, T]
    asked: float
    mutation_count: int


class _List(Generic[T]):
    def __init__(self, fetch: Callable[[], list[T]], mutation_count: Callable[[], int]) -> None:
        self._fetch, self._mutation_count = fetch, mutation_count
        self._lock = threading.Lock()
        self._last: _Listed[T] | None = None

    def things(self) -> dict[str, T]:
        with self._lock:
            if self._last is None or not self._is_good(self._last):
                asked, mutation_count = time.monotonic(), self._mutation_count()
                self._last = _Listed({thing.id: thing for thing in self._fetch()}, asked, mutation_count)
            return self._last.things

    def _is_good(self, listed: _Listed[T]) -> bool:
        return listed.mutation_count == self._mutation_count() and time.monotonic() - listed.asked < MAX_AGE_S


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
    """All private images of a region, the newest first (IMS GET /v2/cloudimages)."""
    return list(_regions.of(cloud).images.things().values())


def volumes(cloud: Cloud) -> list[VolumeDetails]:
    """Return all disks of the project (EVS GET /v2/{project_id}/cloudvolumes/detail)."""
    return list(_regions.of(cloud).volumes.things().values())


def image(cloud: Cloud, image_id: str) -> Image | None:
    """An image, or None if there is none."""
    return _regions.of(cloud).images.things().get(image_id) or cloud.ims.get_image(image_id)


def servers(cloud: Cloud) -> list[Server]:
    """All servers of a project in a region (ECS GET /v1/{project_id}/cloudservers/detail)."""
    return list(_regions.of(cloud).servers.things().values())


def server(cloud: Cloud, server_id: str, *, may_be_gone: bool = False) -> Server | None:
    """
    A server, or None if there is none (ECS GET /v1/{project_id}/cloudservers/detail).

    Args:
        may_be_gone: it is meant to be gone, so the list's word is enough.
    """
    found = _regions.of(cloud).servers.things().get(server_id)
    return found if found is not None or may_be_gone else cloud.ecs.get_server(server_id)


def volume(cloud: Cloud, volume_id: str) -> VolumeDetails | None:
    """A disk, or None if there is none (EVS GET /v2/{project_id}/cloudvolumes/detail)."""
    return _regions.of(cloud).volumes.things().get(volume_id) or cloud.evs.get_volume(volume_id)
