"""
Images that channels point to: who finds them, and why none of them is deleted.

An image that would be deleted is handed over to the stack that publishes it, if a channel points to it. Its ownership
tag then names that stack, and the image is deleted when no channel points to it any more.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from config.builds.channel_tag import Channel, ChannelTag, channel_tag, channel_tags
from config.builds.publication import FAMILY_KEY, publisher_of
from huaweicloud.errors import UnexpectedState
from providers.images.image_spec import COPY_STEPS, KEPT
from providers.lifecycle.ownership_tag import OwnershipTag, Step
from providers.runtime import process

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ims import Image

SYSTEM_IMAGES = "FusionCompute"

_lock = threading.Lock()
_withdrawn: set[tuple[str, str]] = set()


def record_withdrawn(image_id: str, tags: Iterable[ChannelTag]) -> None:
    """Record that this process has deleted tags. Not documented: how long lists still show them."""
    with _lock:
        _withdrawn.update((image_id, tag.value) for tag in tags)


def forget() -> None:
    """Forget all moves, as a new process does."""
    with _lock:
        _withdrawn.clear()


def publisher() -> str:
    """Return the digest of the build whose resource this thread works on: its publication has the same name."""
    name = process.current_urn().rpartition("::")[2]
    return publisher_of(process.current_project(), process.current_stack(), name)


def pointing_to(image: Image) -> list[ChannelTag]:
    """Return the tags of the channels that point to an image, the newest first."""
    with _lock:
        return [tag for tag in channel_tags(image.tags) if (image.id, tag.value) not in _withdrawn]


def holders(cloud: Cloud, channel: Channel) -> list[Image]:
    """Return the images that a channel points to, the newest move first: one, except while it moves."""
    images = cloud.ims.list_images(tag=f"{FAMILY_KEY}={channel.family}")
    found = [(tag, image) for image in images if (tag := channel_tag(image.tags, channel))]
    return [image for tag, image in sorted(found, key=lambda pair: pair[0].moved_at, reverse=True)]


def find(cloud: Cloud, family: str, channel: str) -> Image:
    """
    Return the image that a channel points to.

    Raises:
        UnexpectedState: There is none; the message lists the channels that there are.
    """
    wanted = Channel(family, channel)
    found = [image for image in holders(cloud, wanted) if image.status == "active"]
    if found:
        return found[0]
    images = cloud.ims.list_images(virtual_env_type=SYSTEM_IMAGES)
    channels = sorted({tag.channel for image in images for tag in channel_tags(image.tags)}, key=str)
    of_family = [each.name for each in channels if each.family == family]
    others = sorted({each.family for each in channels})
    if of_family:
        hint = f"family {family} has the channels {', '.join(of_family)}"
    elif others:
        hint = f"no channel of family {family} has an image; there are the families {', '.join(others)}"
    else:
        hint = "no image is published there; set `publish` in a build"
    raise UnexpectedState(f"no image is published in {wanted} in {cloud.region}", hint=hint)


def is_kept_for(image: Image, stacks: Iterable[str]) -> bool:
    """Return True if an image was handed over to one of these stacks, which their digests name."""
    own = OwnershipTag.of(image.tags)
    return own is not None and own.step in KEPT.values() and own.owner in {_owner(stack) for stack in stacks}


def hand_over(cloud: Cloud, image: Image, build_id: str) -> bool:
    """
    Keep an image that was to be deleted, if a channel points to it.

    Args:
        cloud: Client of the region.
        image: The image.
        build_id: Id of its build.

    Returns:
        True if a channel points to it.
    """
    tags = pointing_to(image)
    if not tags:
        return False
    own = OwnershipTag.of(image.tags)
    step: Step = "copy" if own is not None and own.step in COPY_STEPS else "image"
    kept = OwnershipTag(build_id, KEPT[step], _owner(tags[0].stack))
    if own != kept:
        cloud.ims.set_tags(image.id, kept.as_tags)
    process.log(f"image {image.name} ({image.id}) is not deleted: {tags[0].channel} points to it", "warning")
    return True


def _owner(stack: str) -> str:
    """Return the owner of an image that is kept for a stack: no history has such an id."""
    return f"p{stack}"
