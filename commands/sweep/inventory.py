"""The servers, disks and images of a project that carry this tool's mark, each as one line of the table."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Literal

from huaweicloud.cloud import Cloud
from huaweicloud.ecs import Server
from huaweicloud.evs import VolumeDetails
from huaweicloud.ims import Image
from providers.lifecycle.ownership_tag import OwnershipTag

Kind = Literal["server", "disk", "image"]
ORDER: tuple[Kind, ...] = ("server", "disk", "image")
"""In which they are removed: a server frees its disks, and an ISO image is needed as long as its server."""

_SERVER_NAME = re.compile(r"-([0-9a-f]{16})(?:$|-)")


@dataclass(frozen=True)
class Leftover:
    """
    Something in the cloud.

    Attributes:
        build_id: of the build that it belongs to.
        step: what made it; `kept` for the image of an earlier build that is kept.
        marked: whether its mark says so, or the mark of its server; otherwise only its name does.
        size_gib: of a disk or an image.
        kind_of: flavor of a server, type of a disk.
        disks: type and size (GiB) of a server's disks are lines of their own, so this is its flavor's price only.
    """

    kind: Kind
    id: str
    name: str
    build_id: str
    step: str
    status: str
    created: datetime | None
    marked: bool
    size_gib: float = 0.0
    kind_of: str = ""
    protected: bool = False
    remove: Callable[[], None] = field(default=lambda: None, repr=False, compare=False)


def find(cloud: Cloud) -> list[Leftover]:
    """Everything in the project that is this tool's, the oldest build first."""
    servers = cloud.ecs.list_servers()
    leftovers = [*_servers(cloud, servers), *_disks(cloud, servers), *_images(cloud)]
    oldest: dict[str, str] = {}
    for leftover in leftovers:
        oldest[leftover.build_id] = min(oldest.get(leftover.build_id, "9"), str(leftover.created or "9"))
    return sorted(leftovers, key=lambda t: (oldest[t.build_id], t.build_id, ORDER.index(t.kind), str(t.created)))


def _servers(cloud: Cloud, servers: list[Server]) -> Iterator[Leftover]:
    for server in servers:
        mark = OwnershipTag.of(server.tags)
        build_id = mark.build_id if mark else _named(server.name)
        if build_id:
            yield Leftover(
                "server",
                server.id,
                server.name,
                build_id,
                "server",
                server.status,
                server.created,
                mark is not None,
                kind_of=server.flavor_id,
                remove=partial(_delete, "delete_listed_server", cloud, server),
            )


def _disks(cloud: Cloud, servers: list[Server]) -> Iterator[Leftover]:
    marked = {server.id: mark.build_id for server in servers if (mark := OwnershipTag.of(server.tags))}
    for volume in cloud.evs.list_volumes():
        owners = [marked[a.server_id] for a in volume.attachments if a.server_id in marked]
        build_id = owners[0] if owners else _named(volume.name)
        if build_id:
            yield _disk(cloud, volume, build_id, marked=bool(owners))


def _disk(cloud: Cloud, volume: VolumeDetails, build_id: str, *, marked: bool) -> Leftover:
    return Leftover(
        "disk",
        volume.id,
        volume.name,
        build_id,
        "server",
        volume.status,
        volume.created_at,
        marked,
        size_gib=volume.size,
        kind_of=volume.volume_type,
        remove=partial(_delete, "delete_volume", cloud, volume.id),
    )


def _images(cloud: Cloud) -> Iterator[Leftover]:
    for image in cloud.ims.list_images():
        mark = OwnershipTag.of(image.tags)
        if mark and image.status != "deleted":
            yield _image(cloud, image, mark)


def _image(cloud: Cloud, image: Image, mark: OwnershipTag) -> Leftover:
    return Leftover(
        "image",
        image.id,
        image.name,
        mark.build_id,
        mark.step,
        image.status,
        image.created_at,
        True,
        size_gib=(image.size_bytes or 0) / 2**30,
        protected=image.protected,
        remove=partial(_delete, "delete_image", cloud, image.id, image.name),
    )


def _named(name: str) -> str:
    """The build id in the name of a server, or of a disk that is named after its server; "" for a stranger's."""
    found = _SERVER_NAME.search(name)
    return found.group(1) if found else ""


def _delete(function: str, cloud: Cloud, *arguments: object) -> None:
    """Delete as the providers do; they are imported only then, because they load Pulumi."""
    from providers.lifecycle import deletion

    getattr(deletion, function)(cloud, *arguments)
