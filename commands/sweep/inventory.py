"""Inventory of the servers, disks and images in a project that belong to this tool."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Literal

from config.builds.channel_tag import channel_tags
from huaweicloud.cloud import Cloud
from huaweicloud.ecs import Server
from huaweicloud.evs import VolumeDetails
from huaweicloud.ims import Image
from providers.lifecycle.ownership_tag import OwnershipTag

Kind = Literal["server", "disk", "image", "upload", "object"]
ORDER: tuple[Kind, ...] = ("server", "disk", "image", "upload", "object")
"""Order of deletion: a server releases its disks, and an ISO image is needed as long as its server."""

_SERVER_NAME = re.compile(r"-([0-9a-f]{16})(?:$|-)")


@dataclass(frozen=True)
class Leftover:
    """
    A server, disk, image or uploaded ISO file of this tool. The disks of a server are leftovers of their own.

    Attributes:
        kind: Type of the resource.
        id: Id of the resource.
        name: Name of the resource.
        build_id: Id of the build that it belongs to; the beginning of the digest for an uploaded ISO file.
        step: Step that created it; `kept` for the kept image of an earlier build.
        status: Status that the cloud reports.
        created: Time of creation; None if the cloud does not report it.
        is_tagged: True if its ownership tag or that of its server has the build id; otherwise only its name has it.
        size_gib: Size of a disk or an image.
        kind_of: Flavor of a server, type of a disk.
        protected: True for an image that is protected against deletion.
        published: Channel that points to an image, which is never deleted then; "" if there is none.
        delete: Function that deletes the resource.
    """

    kind: Kind
    id: str
    name: str
    build_id: str
    step: str
    status: str
    created: datetime | None
    is_tagged: bool
    size_gib: float = 0.0
    kind_of: str = ""
    protected: bool = False
    published: str = ""
    delete: Callable[[], None] = field(default=lambda: None, repr=False, compare=False)


def find(cloud: Cloud) -> list[Leftover]:
    """Return all leftovers in the project, beginning with the oldest build."""
    servers = cloud.ecs.list_servers()
    return ordered([*_servers(cloud, servers), *_disks(cloud, servers), *_images(cloud)])


def ordered(leftovers: Iterable[Leftover]) -> list[Leftover]:
    """Return leftovers by build, beginning with the oldest one."""
    leftovers, oldest = list(leftovers), dict[str, str]()
    for leftover in leftovers:
        oldest[leftover.build_id] = min(oldest.get(leftover.build_id, "9"), str(leftover.created or "9"))
    return sorted(leftovers, key=lambda t: (oldest[t.build_id], t.build_id, ORDER.index(t.kind), str(t.created)))


def _servers(cloud: Cloud, servers: list[Server]) -> Iterator[Leftover]:
    for server in servers:
        tag = OwnershipTag.of(server.tags)
        build_id = tag.build_id if tag else _named(server.name)
        if build_id:
            yield Leftover(
                "server",
                server.id,
                server.name,
                build_id,
                "server",
                server.status,
                server.created,
                tag is not None,
                kind_of=server.flavor_id,
                delete=partial(_delete_server, cloud, server),
            )


def _disks(cloud: Cloud, servers: list[Server]) -> Iterator[Leftover]:
    builds = {server.id: tag.build_id for server in servers if (tag := OwnershipTag.of(server.tags))}
    for volume in cloud.evs.list_volumes():
        owners = [builds[a.server_id] for a in volume.attachments if a.server_id in builds]
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
        delete=partial(_delete_disk, cloud, volume),
    )


def _images(cloud: Cloud) -> Iterator[Leftover]:
    for image in cloud.ims.list_images():
        tag = OwnershipTag.of(image.tags)
        if tag and image.status != "deleted":
            yield _image(cloud, image, tag)


def _image(cloud: Cloud, image: Image, tag: OwnershipTag) -> Leftover:
    return Leftover(
        "image",
        image.id,
        image.name,
        tag.build_id,
        tag.step,
        image.status,
        image.created_at,
        True,
        size_gib=(image.size_bytes or 0) / 2**30,
        protected=image.protected,
        published=next((str(found.channel) for found in channel_tags(image.tags)), ""),
        delete=partial(_delete_image, cloud, image),
    )


def _named(name: str) -> str:
    """Return the build id in the name of a server, or of a disk that is named after its server; "" without one."""
    found = _SERVER_NAME.search(name)
    return found.group(1) if found else ""


# The providers' deletion loads Pulumi, so it is imported only when something is deleted.


def _delete_server(cloud: Cloud, server: Server) -> None:
    from providers.lifecycle.deletion import delete_listed_server

    delete_listed_server(cloud, server)


def _delete_disk(cloud: Cloud, volume: VolumeDetails) -> None:
    from providers.lifecycle.deletion import delete_volume

    delete_volume(cloud, volume.id)


def _delete_image(cloud: Cloud, image: Image) -> None:
    from providers.lifecycle.deletion import delete_image

    delete_image(cloud, image.id, image.name)
