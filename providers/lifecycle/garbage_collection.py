"""
Garbage collection of a build: deletes what still carries its id in the cloud after a crash or a cancelled run.

A command that was killed may have requested something that the state has never recorded and that lists do not show yet.
So the collection waits for it, unless the state had the whole build. In that case everything was deleted a moment ago
in this process, by resources that the engine deletes first.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from providers.channels import published_images
from providers.lifecycle import deletion
from providers.lifecycle.ownership_tag import OwnershipTag, is_of_build
from providers.runtime import process

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud

REPEAT_AFTER_S = 1.0
SETTLE_S = 10.0
"""Seconds after which lists show what was requested before. Not documented: if they lag at all."""

OF_OTHERS = ("kept", "copy", "kept-copy")
"""Steps of images that a history keeps, or that the collection of copies ends."""

_lock = threading.Lock()
_whole_builds: set[str] = set()


def record_whole_build(build_id: str) -> None:
    """
    Record that the state had the whole build: this process deletes the last resource that is created for it.

    Args:
        build_id: Id of the build.
    """
    with _lock:
        _whole_builds.add(build_id)


def forget() -> None:
    """Forget all builds, as a new process does."""
    with _lock:
        _whole_builds.clear()


def collect(cloud: Cloud, build_id: str, *, keep_images: bool = False) -> None:
    """
    Delete every server, disk and image of a build, whoever owns it, until lists show none any more.

    Images that a history keeps are left to the history, and those that a channel points to to their publisher.

    Args:
        cloud: Client of the region.
        build_id: Id of the build.
        keep_images: True to leave finished images of the build to the user.
    """
    with _lock:
        settled = build_id in _whole_builds
    while True:
        if _delete_listed(cloud, build_id, keep_images):
            process.pause(REPEAT_AFTER_S, "the lists to be empty")
            continue
        if settled:
            return
        process.pause(SETTLE_S, "what an interrupted run may have requested")
        settled = True


def _delete_listed(cloud: Cloud, build_id: str, keep_images: bool) -> bool:
    deleted = [
        _delete_servers(cloud, build_id),
        delete_volumes(cloud, build_id),
        _delete_images(cloud, build_id, keep_images),
    ]
    return any(deleted)


def _delete_servers(cloud: Cloud, build_id: str) -> bool:
    servers = [s for s in cloud.ecs.list_servers(name_contains=build_id) if is_of_build(s.name, s.tags, build_id)]
    for server in servers:
        process.log(f"deletes server {server.name}, left behind by an interrupted run")
        deletion.delete_listed_server(cloud, server)
    return bool(servers)


def delete_volumes(cloud: Cloud, build_id: str) -> bool:
    """Delete the disks that carry a build's id in their name; return True if there were any."""
    volumes = [volume for volume in cloud.evs.list_volumes() if build_id in volume.name]
    for volume in volumes:
        process.log(f"deletes disk {volume.name}, left behind by an interrupted run")
        deletion.delete_volume(cloud, volume.id)
    return bool(volumes)


def _delete_images(cloud: Cloud, build_id: str, keep_images: bool) -> bool:
    images = []
    for image in cloud.ims.list_images():
        tag = OwnershipTag.of(image.tags)
        if tag is None or tag.build_id != build_id or tag.step in OF_OTHERS or image.status == "deleted":
            continue
        if not (keep_images and tag.step == "image" and image.status == "active"):
            images.append(image)
    images = [image for image in images if not published_images.hand_over(cloud, image, build_id)]
    for image in images:
        process.log(f"deletes image {image.name}, left behind by an interrupted run")
        deletion.delete_image(cloud, image.id, image.name)
    return bool(images)
