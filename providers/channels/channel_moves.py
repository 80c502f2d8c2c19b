"""
Moves of a channel from one image to another, so that a reader finds exactly one image between any two requests.

The new image is tagged first, with a time later than that of the image before; then the image before loses its tag.

Source: IMS POST /v2/{project_id}/images/{image_id}/tags/action, GET /v2/cloudimages with `tag`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from config.builds.channel_tag import Channel, ChannelTag, channel_tag, channel_tags, next_time
from config.builds.publication import FAMILY_KEY
from huaweicloud.errors import NotFound, UnexpectedState
from providers.channels import published_images
from providers.lifecycle import deletion
from providers.runtime import process

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ims import Image


def move(
    cloud: Cloud,
    image: Image,
    channel: Channel,
    publisher: str,
    stacks: Sequence[str],
    *,
    leaves: str = "",
    is_new: bool = False,
) -> ChannelTag:
    """
    Let a channel point to an image, and no more to the images of this stack that it has pointed to.

    Args:
        cloud: Client of the region.
        image: Image that the channel is to point to.
        channel: The channel.
        publisher: Digest of the stack and of the build.
        stacks: Digests of the stack; it had another one before it was renamed.
        leaves: Name of the channel that points to the image until now, and then no more.
        is_new: True if a new time is written, although the channel may point to the image already.

    Returns:
        The tag by which the channel points to the image.

    Raises:
        UnexpectedState: The channel belongs to another stack, or the image to another family.
    """
    holders = published_images.holders(cloud, channel)
    require_own(channel, [*holders, image], stacks)
    _require_family(image, channel, leaves)
    if image.tags.get(FAMILY_KEY) != channel.family:
        _leave(cloud, image, leaves, stacks)  # otherwise both families would share the image for a moment
    before = [holder for holder in holders if holder.id != image.id]
    others = [tag for holder in before if (tag := channel_tag(holder.tags, channel))]
    present = channel_tag(image.tags, channel)
    if present is None or is_new or present.publisher != publisher or _is_old(present, others):
        known = [*others, *([present] if present else [])]
        present = ChannelTag(channel, next_time(datetime.now(UTC), known), publisher)
        cloud.ims.set_tags(image.id, present.as_tags)
        process.log(f"{channel} points to image {image.name} ({image.id})")
    _leave(cloud, image, leaves, stacks)
    for holder in before:
        withdraw(cloud, holder, [channel])
    return present


def require_own(channel: Channel, images: Iterable[Image], stacks: Iterable[str]) -> None:
    """
    Require that no other stack publishes to a channel.

    Raises:
        UnexpectedState: Another stack does.
    """
    own = {*stacks}
    for image in images:
        tag = channel_tag(image.tags, channel)
        if tag is not None and tag.stack not in own:
            raise UnexpectedState(
                f"{channel} belongs to another stack, which has published image {image.name} ({image.id}) there",
                hint=f"choose another channel, or delete the tag {channel.key} of that image if its stack is gone",
            )


def withdraw(cloud: Cloud, image: Image, channels: Iterable[Channel]) -> None:
    """
    Let channels no longer point to an image, which is deleted if it was kept for them only.

    Args:
        cloud: Client of the region.
        image: The image; it is no error if it is gone.
        channels: Channels of this stack.
    """
    leaving = {*channels}
    tags = channel_tags(image.tags)
    ended = [tag for tag in tags if tag.channel in leaving]
    if not ended:
        return
    is_last = len(ended) == len(tags)
    if is_last and published_images.is_kept_for(image, {tag.stack for tag in ended}):
        # not untagged before: a run that dies in between would leave an image that nobody finds
        process.log(f"deletes image {image.name} ({image.id}), which was kept because a channel pointed to it")
        deletion.delete_image(cloud, image.id, image.name)
        return
    try:
        cloud.ims.delete_tags(image.id, [*(tag.channel.key for tag in ended), *([FAMILY_KEY] if is_last else [])])
    except NotFound:
        return
    published_images.record_withdrawn(image.id, ended)
    process.log(f"{', '.join(str(tag.channel) for tag in ended)} no longer points to image {image.name} ({image.id})")


def withdraw_unrecorded(cloud: Cloud, image: Image) -> None:
    """
    Let an image that is about to end no longer be published by its own build.

    The engine deletes a publication before its image. What the publication still points to then was published by a run
    that was interrupted before the state recorded it, and nothing else would ever end that.

    Args:
        cloud: Client of the region.
        image: Image of the resource that this thread works on.
    """
    own = published_images.publisher()
    withdraw(cloud, image, [tag.channel for tag in channel_tags(image.tags) if tag.publisher == own])


def _leave(cloud: Cloud, image: Image, name: str, stacks: Iterable[str]) -> None:
    """
    Let a channel no longer point to an image that another one points to now.

    Args:
        cloud: Client of the region.
        image: The image, as it was before.
        name: Name of the channel that is left, in whatever family the image was.
        stacks: Digests of the stack, which alone may end what it has published.
    """
    own = {*stacks}
    for tag in published_images.pointing_to(image):
        if tag.channel.name == name and tag.stack in own:
            cloud.ims.delete_tags(image.id, [tag.channel.key])
            published_images.record_withdrawn(image.id, [tag])
            process.log(f"{tag.channel} no longer points to image {image.name} ({image.id}), and has no image")


def _is_old(tag: ChannelTag, others: Iterable[ChannelTag]) -> bool:
    return any(other.moved_at >= tag.moved_at for other in others)


def _require_family(image: Image, channel: Channel, leaves: str) -> None:
    """Require that an image may be of a family: it has one at a time, which readers of its channels search."""
    family = image.tags.get(FAMILY_KEY)
    if family in (None, channel.family):
        return
    others = [tag for tag in channel_tags(image.tags) if tag.channel.name not in (channel.name, leaves)]
    if others or not channel_tags(image.tags):
        by = f"{others[0].channel} points to it" if others else "a tag of its own says so"
        raise UnexpectedState(
            f"image {image.name} ({image.id}) is of family {family}, not {channel.family}: {by}",
            hint=f"publish it to family {family}, or remove its tag {FAMILY_KEY}",
        )
