"""ImageHistory: finished images of earlier builds that a stack keeps, so that a rollback needs one setting."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, UpdateResult
from pydantic import Field

from providers.channels import channel_moves, published_images
from providers.images.image_spec import KEPT, with_end
from providers.lifecycle import deletion, image_updates, ownership
from providers.lifecycle.ownership_tag import OwnershipTag, Step
from providers.runtime import clients, declared, process
from providers.runtime.base import StepProvider, StepResource, outputs
from providers.runtime.properties import Properties, Props, parse

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ims import Image


class ImageHistoryInputs(Properties):
    """
    Inputs of a history.

    Attributes:
        region: Region of the images.
        keep_images: Number of images that are kept beside the present one.
    """

    region: str
    keep_images: int = Field(ge=0)


class ImageHistoryProvider(StepProvider):
    """
    Provider of an id that the kept images carry in their ownership tag; delete() deletes all of them.

    An update deletes nothing: CapturedImage prunes, once it has taken the configured image out of the history.
    """

    inputs = ImageHistoryInputs
    holds = False
    replace_on = ("region",)
    update_on = ("keep_images",)

    def create(self, props: Props) -> CreateResult:
        history_id = secrets.token_hex(4)
        return CreateResult(history_id, outputs(parse(ImageHistoryInputs, props), history_id=history_id))

    def read(self, id_: str, props: Props) -> ReadResult:
        return ReadResult(id_, props)

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        history = parse(ImageHistoryInputs, _news)
        return UpdateResult(outputs(history, history_id=_id))

    def delete(self, _id: str, _props: Props) -> None:
        prune(clients.cloud(_props["region"]), _id, 0)


def keep_or_delete(
    cloud: Cloud, image_id: str, props: Props, history_id: str, keep_images: int, step: Step = "image"
) -> None:
    """Keep or delete an image or a copy whose resource ends, unless a newer resource owns it."""
    image = cloud.ims.get_image(image_id)
    if image is None:
        return
    verdict = ownership.judge(image_id, image.tags, ownership.expected(props, step), history_id)
    if not deletion.may_delete(f"image {image_id}", verdict):
        return
    if declared.current() is None:
        channel_moves.withdraw_unrecorded(cloud, image)
    if keep_images and history_id and image.status == "active":
        keep(cloud, image, props["build_id"], history_id, step)
    elif not published_images.hand_over(cloud, image, props["build_id"]):
        deletion.delete_image(cloud, image_id, image.name)


def keep(cloud: Cloud, image: Image, build_id: str, history_id: str, step: Step = "image") -> None:
    """
    Keep the image of a build that has a successor, under a name that its successor does not need.

    Each step is left out if an interrupted run has done it.
    """
    tag = OwnershipTag(build_id, KEPT[step], history_id)
    if OwnershipTag.of(image.tags) != tag:
        cloud.ims.set_tags(image.id, tag.as_tags)
    if not image.name.endswith(f"-{build_id}"):
        image_updates.rename(cloud, image, with_end(image.name, f"-{build_id}"))
    what = "image" if step == "image" else "copy"
    process.log(f"{what} {image.id} of build {build_id} is kept; set `use_build: {build_id}` to return to it")


def prune(cloud: Cloud, history_id: str, keep_images: int, step: Step = "image") -> None:
    """
    Delete all kept images but the newest ones, or all such copies in a project.

    An image that a channel points to stays; it is handed over if the history keeps none any more.
    """
    for image in kept_images(cloud, history_id, step)[keep_images:]:
        tag = OwnershipTag.of(image.tags)
        if tag and not keep_images and published_images.hand_over(cloud, image, tag.build_id):
            continue
        if published := published_images.pointing_to(image):
            process.log(f"image {image.name} is kept beyond keep_images, because {published[0].channel} points to it")
            continue
        process.log(f"deletes image {image.name}, which exceeds keep_images")
        deletion.delete_image(cloud, image.id, image.name)


def kept_images(cloud: Cloud, history_id: str, step: Step = "image") -> list[Image]:
    """Return the images, or the copies in a project, that a history keeps, the newest first."""
    images = cloud.ims.list_images(virtual_env_type="FusionCompute")
    kept = [image for image in images if is_kept(OwnershipTag.of(image.tags), history_id, step)]
    return sorted(kept, key=lambda image: str(image.created_at), reverse=True)


def is_kept(tag: OwnershipTag | None, history_id: str, step: Step = "image") -> bool:
    """Return True if an ownership tag is that of an image, or of a copy, which a history keeps."""
    return tag is not None and (tag.step, tag.owner) == (KEPT[step], history_id)


class ImageHistory(StepResource, module="huaweicloud", name="ImageHistory"):
    """Kept images of a build. For the arguments see ImageHistoryInputs."""

    provider_class = ImageHistoryProvider
    output_names = ("history_id",)

    history_id: pulumi.Output[str]
