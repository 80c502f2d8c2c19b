"""What can be changed on an image in place, and what a refresh sees of it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from huaweicloud.errors import ApiError
from providers.lifecycle import ownership
from providers.lifecycle.ownership_tag import TAG_KEY, OwnershipTag, Step, without_ownership_tag
from providers.runtime import process

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ims import Image

MISSING = ""
NAME_IS_TAKEN = "IMG.0009"
_ATTRIBUTES = {"name": "name", "description": "__description", "min_ram": "min_ram"}


def seen(image: "Image") -> dict[str, Any]:
    """Return what diff() compares of an image as it is in the cloud now; no input has the property of a protection."""
    found = {"name": image.name, "description": image.description or "", "tags": without_ownership_tag(image.tags)}
    return {**found, "protected": True} if image.protected else found


def refreshed(props: Mapping[str, Any], image: "Image", step: Step) -> dict[str, Any]:
    """Return the outputs of an image's resource, with what a refresh sees of it.

    An ownership tag that is not the one in the state shows as a tag that is not wanted, so that an update follows.
    """
    found = seen(image)
    if OwnershipTag.of(image.tags) != ownership.expected(props, step):
        report_lost_tag(f"image {image.id}")
        found["tags"][TAG_KEY] = MISSING
    return {**{key: value for key, value in props.items() if key != "protected"}, **found}


def report_lost_tag(subject: str) -> None:
    """Warn that a thing does not carry the ownership tag that the state expects."""
    process.log(
        f"the ownership tag of {subject} was removed or changed outside, or by an interrupted run; "
        "run `pulumi up` to restore it",
        "warning",
    )


def repair(
    cloud: "Cloud", image_id: str, step: Step, olds: Mapping[str, Any], news: Mapping[str, Any]
) -> dict[str, Any]:
    """Bring an image to its new inputs, and undo what was done to it outside.

    Returns:
        The outputs that are not inputs, as they are then.
    """
    made = {key: value for key, value in olds.items() if key != "protected"}
    if olds.get("protected"):
        process.log(f"lifts the protection of image {image_id}, which was set outside")
        cloud.ims.update_image(image_id, {"protected": False})
    image = cloud.ims.get_image(image_id)
    tag = ownership.expected(olds, step)
    if image is not None and OwnershipTag.of(image.tags) != tag:
        # the owner in the state, not a fresh one: a run that dies before it is recorded changes nothing
        cloud.ims.set_tags(image_id, tag.as_tags)
        process.log(f"restores the ownership tag of image {image_id}")
    apply(cloud, image_id, olds, news)
    return made


def boot_by(cloud: "Cloud", image: "Image", firmware: str | None) -> "Image":
    """The image with its boot mode as wanted; it is changed where the service has not taken it over.

    Not documented: whether a creation from a file takes `hw_firmware_type`, and which boot mode an image has that is
    made from a disk. Source of the change: IMS PATCH /v2/cloudimages/{image_id}.
    """
    if firmware is None or image.hw_firmware_type == firmware:
        return image
    return cloud.ims.update_image(image.id, {"hw_firmware_type": firmware})


def bring(cloud: "Cloud", image: "Image", news: Mapping[str, Any]) -> "Image":
    """Bring an image that an earlier run made to the present settings, and return it as it is then.

    Its name stays where another image has the wanted one; a later update renames it.
    """
    olds = {**seen(image), "min_ram": image.min_ram}
    try:
        apply(cloud, image.id, olds, news)
    except ApiError as error:
        if error.code != NAME_IS_TAKEN:
            raise
        apply(cloud, image.id, olds, {**news, "name": image.name})
    return cloud.ims.get_image(image.id) or image


def rename(cloud: "Cloud", image: "Image", name: str) -> None:
    """Give an image another name, unless another image has it already."""
    try:
        cloud.ims.update_image(image.id, {"name": name})
    except ApiError as error:
        if error.code != NAME_IS_TAKEN:
            raise


def apply(cloud: "Cloud", image_id: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> None:
    """Bring an image from its old inputs to its new ones.

    Source: IMS PATCH /v2/cloudimages/{image_id}, POST /v2/{project_id}/images/{image_id}/tags/action.
    """
    attributes = {
        attribute: news.get(key)
        for key, attribute in _ATTRIBUTES.items()
        if key in news and news.get(key) != olds.get(key)
    }
    if attributes:
        cloud.ims.update_image(image_id, attributes)
    _apply_tags(cloud, image_id, olds.get("tags") or {}, news.get("tags") or {})


def _apply_tags(cloud: "Cloud", image_id: str, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    old, new = without_ownership_tag(old), without_ownership_tag(new)
    gone = [key for key in old if key not in new]
    changed = {key: value for key, value in new.items() if old.get(key) != value}
    if gone:
        cloud.ims.delete_tags(image_id, gone)
    if changed:
        cloud.ims.set_tags(image_id, changed)
