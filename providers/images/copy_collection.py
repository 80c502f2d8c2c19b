"""
Garbage collection of the copies of a build, in each region and project that it has ever copied to.

A copy has its ownership tag only after it is finished, so an unfinished one is recognized by its name.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from huaweicloud.errors import ConfigurationError
from providers.channels import published_images
from providers.image_history import keep, prune
from providers.images.image_spec import is_copy_of
from providers.lifecycle import deletion, garbage_collection
from providers.lifecycle.ownership_tag import OwnershipTag
from providers.runtime import clients, process

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ims import Image

_lock = threading.Lock()
_ended: set[tuple[str, str]] = set()


class Fate(NamedTuple):
    """
    Fate of finished copies that no state records.

    Attributes:
        history_id: Id of the history that keeps them; "" for none.
        keep_images: Number of copies that the history keeps.
        retain: True if they are left to the user.
    """

    history_id: str = ""
    keep_images: int = 0
    retain: bool = False


def record_end(cloud: Cloud, build_id: str) -> None:
    """Record that the state had the copy of a build in a project: this process ends it."""
    with _lock:
        _ended.add((cloud.project_id, build_id))


def forget() -> None:
    """Forget all ends, as a new process does."""
    with _lock:
        _ended.clear()


def collect(regions: Iterable[str], build_id: str, fate: Fate) -> None:
    """
    Delete or keep the copies of a build that no state records, until lists show none any more.

    Args:
        regions: Regions that the build has copied to, by their names in the stack.
        build_id: Id of the build.
        fate: Fate of finished copies.
    """
    for region in regions:
        try:
            cloud = clients.cloud(region)
        except ConfigurationError as error:
            process.log(f"could not look for copies of build {build_id} in {region}: {error}", "warning")
            continue
        _collect(cloud, build_id, fate)


def _collect(cloud: Cloud, build_id: str, fate: Fate) -> None:
    with _lock:
        settled = (cloud.project_id, build_id) in _ended
    while True:
        if _end_listed(cloud, build_id, fate):
            process.pause(garbage_collection.REPEAT_AFTER_S, "the lists to be empty")
            continue
        if settled:
            break
        process.pause(garbage_collection.SETTLE_S, "what an interrupted run may have requested")
        settled = True
    if fate.history_id:
        prune(cloud, fate.history_id, fate.keep_images, "copy")


def _end_listed(cloud: Cloud, build_id: str, fate: Fate) -> bool:
    deleted = False
    for image in cloud.ims.list_images(virtual_env_type="FusionCompute"):
        if not is_copy_of(image, build_id) or image.status == "deleted":
            continue
        if not (_is_kept(cloud, image, build_id, fate) or published_images.hand_over(cloud, image, build_id)):
            process.log(f"deletes copy {image.name}, left behind by an interrupted run")
            deletion.delete_image(cloud, image.id, image.name)
            deleted = True
    return deleted


def _is_kept(cloud: Cloud, image: Image, build_id: str, fate: Fate) -> bool:
    """Keep a finished copy if it is to be kept, and return True then."""
    tag = OwnershipTag.of(image.tags)
    if tag is None or image.status != "active":
        return False
    if fate.retain or tag.step == "kept-copy":
        return True
    if fate.history_id and fate.keep_images:
        keep(cloud, image, build_id, fate.history_id, "copy")
        return True
    return False
