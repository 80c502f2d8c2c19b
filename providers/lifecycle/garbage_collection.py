"""Removes whatever in the cloud still carries a build's id: what a crash or a cancelled run has left behind."""

from typing import TYPE_CHECKING

from providers.lifecycle import deleted_builds, deletion
from providers.lifecycle.ownership_tag import OwnershipTag
from providers.runtime import process

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud

AGAIN_S = 1.0
SETTLE_S = 10.0
"""Seconds after which lists show what was asked for before. Not documented: whether they lag at all."""


def reap(cloud: "Cloud", build_id: str, *, keep_images: bool = False) -> None:
    """Remove every server, disk and image of a build, whoever owns it, until lists show none any more.

    Images of a build that are kept in a history are the history's to remove.

    Args:
        keep_images: leave finished images of the build, for a user who wants to keep them.
    """
    settled = deleted_builds.has(build_id)
    while True:
        if _delete_listed(cloud, build_id, keep_images):
            process.pause(AGAIN_S, "the lists to be empty")
            continue
        if settled:
            return
        process.pause(SETTLE_S, "what an interrupted run may have asked for")
        settled = True


def _delete_listed(cloud: "Cloud", build_id: str, keep_images: bool) -> bool:
    deleted = [
        _delete_servers(cloud, build_id),
        delete_volumes(cloud, build_id),
        _delete_images(cloud, build_id, keep_images),
    ]
    return any(deleted)


def _delete_servers(cloud: "Cloud", build_id: str) -> bool:
    found = [s for s in cloud.ecs.list_servers(name_contains=build_id) if is_of_build(s.name, s.tags, build_id)]
    for server in found:
        process.log(f"removes server {server.name}, left behind by an interrupted run")
        deletion.delete_listed_server(cloud, server)
    return bool(found)


def delete_volumes(cloud: "Cloud", build_id: str) -> bool:
    """Remove the disks that carry a build's id in their name; return if there were any."""
    found = [volume for volume in cloud.evs.list_volumes() if build_id in volume.name]
    for volume in found:
        process.log(f"removes disk {volume.name}, left behind by an interrupted run")
        deletion.delete_volume(cloud, volume.id)
    return bool(found)


def _delete_images(cloud: "Cloud", build_id: str, keep_images: bool) -> bool:
    found = []
    for image in cloud.ims.list_images():
        tag = OwnershipTag.of(image.tags)
        if tag is None or tag.build_id != build_id or tag.step == "kept" or image.status == "deleted":
            continue
        if not (keep_images and tag.step == "image" and image.status == "active"):
            found.append(image)
    for image in found:
        process.log(f"removes image {image.name}, left behind by an interrupted run")
        deletion.delete_image(cloud, image.id, image.name)
    return bool(found)


def is_of_build(name: str, tags: dict[str, str], build_id: str) -> bool:
    """Return true if a server belongs to a build: by its ownership tag, or by the build id at the end of its name.

    The name counts whatever the tag is: tags may show late, and anybody may remove or change one.
    """
    tag = OwnershipTag.of(tags)
    return (tag is not None and tag.build_id == build_id) or name.endswith(f"-{build_id}")
