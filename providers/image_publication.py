"""ImagePublication: channel of a family that points to a finished image, by which other stacks find it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult
from pydantic import Field

from config.builds.channel_tag import Channel, ChannelTag, channel_tag, channel_tags
from config.builds.publication import ChannelName, FamilyName
from config.constraints import Text
from huaweicloud.errors import CloudError, UnexpectedState
from providers.channels import channel_moves, published_images
from providers.images.image_spec import is_dead
from providers.lifecycle import deletion, list_cache
from providers.runtime import clients, declared, process
from providers.runtime.base import StepProvider, StepResource, outputs
from providers.runtime.properties import Properties, Props, contains_unknowns, parse

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ims import Image


class ImagePublicationInputs(Properties):
    """
    Inputs of a publication.

    Attributes:
        image_id: Id of the image.
        family: Family of the image.
        channel: Channel of the family that points to the image.
        publisher: Digest of the stack and of the resource's name, which check() computes.
    """

    region: str
    image_id: Text
    family: FamilyName
    channel: ChannelName
    publisher: str = Field(default="", pattern=r"^([0-9a-f]{10}\.[0-9a-f]{6})?$")

    @property
    def place(self) -> Channel:
        """Return the channel."""
        return Channel(self.family, self.channel)


class ImagePublicationProvider(StepProvider):
    """Provider of a channel, which an update moves: to another image, or from one channel to another."""

    inputs = ImagePublicationInputs
    holds = False
    replace_on = ("region",)
    update_on = ("image_id", "family", "channel", "publisher")

    def check(self, _olds: Props, news: Props) -> CheckResult:
        result = super().check(_olds, news)
        if result.failures:
            return result
        inputs = {**result.inputs, "publisher": result.inputs.get("publisher") or published_images.publisher()}
        names = ("region", "family", "channel", "publisher")
        is_open = any(contains_unknowns(inputs[name]) for name in names)
        if is_open or all(inputs[name] == _olds.get(name) for name in names):
            return CheckResult(inputs, [])
        reason = _refusal(inputs, _olds)
        return CheckResult(inputs, [CheckFailure("channel", reason)] if reason else [])

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        result = super().diff(_id, _olds, _news)
        if result.changes and not result.replaces:
            process.log(_move(_olds, _news))
        return result

    def create(self, props: Props) -> CreateResult:
        inputs = parse(ImagePublicationInputs, props)
        declared.record("", props)
        tag = _published(inputs, {}, is_new=True)
        return CreateResult(inputs.publisher, outputs(inputs, published_at=tag.moved_at, status="published"))

    def read(self, id_: str, props: Props) -> ReadResult:
        """Report a channel that no longer points to the image as none, so that an update moves it back."""
        cloud = clients.cloud(props["region"])
        image = list_cache.image(cloud, props["image_id"])
        if image is None or is_dead(image):
            return ReadResult("", {})
        channel = Channel(props["family"], props["channel"])
        tag = channel_tag(image.tags, channel)
        if tag is not None and tag.publisher == props["publisher"] and not _is_superseded(cloud, image, tag):
            return ReadResult(id_, props)
        process.log(f"{channel} no longer points to image {image.name} ({image.id})", "warning")
        return ReadResult(id_, {**props, "channel": ""})

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        inputs = parse(ImagePublicationInputs, _news)
        tag = _published(inputs, _olds)
        return UpdateResult(outputs(inputs, published_at=tag.moved_at, status="published"))

    def delete(self, _id: str, _props: Props) -> None:
        """Withdraw everything that this publication has published; after a replacement only what it left behind."""
        cloud = clients.cloud(_props["region"])
        successor = declared.current()
        is_replaced = successor is not None and successor.inputs.get("region") == _props["region"]
        for image in cloud.ims.list_images(virtual_env_type=published_images.SYSTEM_IMAGES):
            own = [tag for tag in channel_tags(image.tags) if tag.publisher == _props["publisher"]]
            ended = [tag for tag in own if not is_replaced or tag.moved_at == _props.get("published_at")]
            channel_moves.withdraw(cloud, image, [tag.channel for tag in ended])
            if not is_replaced and not channel_tags(image.tags):
                _delete_abandoned(cloud, image, _props["publisher"])


def _published(inputs: ImagePublicationInputs, olds: Props, *, is_new: bool = False) -> ChannelTag:
    """Let the channel point to the image, and end what the state records of this publication beside it."""
    cloud = clients.cloud(inputs.region)
    image = _require_image(cloud, inputs)
    stacks = _stacks(inputs.publisher, olds)
    before, channel = olds.get("image_id"), olds.get("channel") or ""
    leaves = channel if before == image.id and channel != inputs.channel else ""
    tag = channel_moves.move(cloud, image, inputs.place, inputs.publisher, stacks, leaves=leaves, is_new=is_new)
    if before and before != image.id and channel == inputs.channel:
        left = cloud.ims.get_image(before)
        if left is not None:  # a list by tag may not have shown it
            channel_moves.withdraw(cloud, left, [inputs.place])
    return tag


def _delete_abandoned(cloud: Cloud, image: Image, publisher: str) -> None:
    """Delete an image that was kept for a channel of this stack, whose tags were deleted outside."""
    if published_images.is_kept_for(image, _stacks(publisher, {})):
        process.log(f"deletes image {image.name} ({image.id}), which no channel points to any more")
        deletion.delete_image(cloud, image.id, image.name)


def _require_image(cloud: Cloud, inputs: ImagePublicationInputs) -> Image:
    image = cloud.ims.get_image(inputs.image_id)
    if image is None or image.status != "active":
        state = "is gone" if image is None else f"is {image.status}"
        raise UnexpectedState(
            f"image {inputs.image_id} {state}, so it cannot be published in {inputs.place}",
            hint="run `pulumi up --refresh` to build again",
        )
    return image


def _is_superseded(cloud: Cloud, image: Image, tag: ChannelTag) -> bool:
    others = (channel_tag(other.tags, tag.channel) for other in list_cache.images(cloud) if other.id != image.id)
    return any(other is not None and other.moved_at > tag.moved_at for other in others)


def _stacks(publisher: str, olds: Props) -> list[str]:
    """Return the digests of the stack: the present one, and that of the state, in case the stack was renamed."""
    return [digest.partition(".")[0] for digest in (publisher, olds.get("publisher") or "") if digest]


def _refusal(inputs: Props, olds: Props) -> str:
    """Return the reason for which a channel cannot be published to, as far as lists show it; "" if it can."""
    channel = Channel(inputs["family"], inputs["channel"])
    try:
        images = list_cache.images(clients.cloud(inputs["region"]))
        channel_moves.require_own(channel, images, _stacks(inputs["publisher"], olds))
    except UnexpectedState as error:
        return error.with_hint()
    except CloudError as error:
        process.log(f"could not check who publishes to {channel}: {error}", "warning")
    return ""


def _move(olds: Props, news: Props) -> str:
    """Return the move of an update in words."""
    there = f"channel {news['channel']} of family {news['family']}"
    if contains_unknowns(news["image_id"]) or olds.get("image_id") != news["image_id"]:
        if contains_unknowns(news["image_id"]):
            return f"{there} moves to a new image once it is finished"
        return f"{there} moves to image {news['image_id']}"
    if not olds.get("channel") or (olds["family"], olds["channel"]) == (news["family"], news["channel"]):
        return f"{there} points to image {news['image_id']} again"
    emptied = f"channel {olds['channel']} of family {olds['family']}"
    return f"image {news['image_id']} moves from {emptied}, which has no image then, to {there}"


class ImagePublication(StepResource, module="huaweicloud", name="ImagePublication"):
    """Channel that points to an image. For the arguments see ImagePublicationInputs."""

    provider_class = ImagePublicationProvider
    output_names = ("published_at", "status")

    family: pulumi.Output[str]
    channel: pulumi.Output[str]
    published_at: pulumi.Output[str]
    status: pulumi.Output[str]
