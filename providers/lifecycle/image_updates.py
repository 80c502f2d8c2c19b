"""
Updates of an image in place: its name, description, tags, boot mode and members, and the drift that a refresh shows.

Source of the members: IMS GET, POST and DELETE /v2/images/{image_id}/members. Users of the projects that an image is
shared with accept it themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from config.builds.channel_tag import without_publication
from config.constraints import TAG_KEY
from huaweicloud.errors import ApiError
from providers.lifecycle import ownership
from providers.lifecycle.ownership_tag import OwnershipTag, Step, without_ownership_tag
from providers.runtime import process

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ims import Image

MISSING = ""
NAME_IS_TAKEN = "IMG.0009"


class Attribute(NamedTuple):
    """
    Attribute of an image that follows an input.

    Attributes:
        name: Name of the attribute in the service.
        unset: Value that stands for no value.
    """

    name: str
    unset: str | int = ""


Attributes = Mapping[str, Attribute]
"""Attributes by input."""
NAME_AND_DESCRIPTION: Attributes = {"name": Attribute("name"), "description": Attribute("__description")}
WITH_MEMORY_LIMITS: Attributes = {
    **NAME_AND_DESCRIPTION,
    "min_ram": Attribute("min_ram", unset=0),
    "max_ram": Attribute("max_ram", unset=0),
}


def memory_limits(image: Image) -> dict[str, Any]:
    """Return the inputs that limit the memory of the servers of an image, as the image has them now."""
    return {"min_ram": image.min_ram or 0, "max_ram": image.max_ram or None}


def observed(image: Image) -> dict[str, Any]:
    """Return the properties that diff() compares, as the image has them now; no input has the property `protected`."""
    tags = without_publication(without_ownership_tag(image.tags))
    props = {"name": image.name, "description": image.description or "", "tags": tags}
    return {**props, "protected": True} if image.protected else props


def refreshed(props: Mapping[str, Any], image: Image, step: Step) -> dict[str, Any]:
    """
    Return the outputs of an image's resource, with the present properties of the image.

    An ownership tag that is not the one in the state shows as a tag that is not configured, so that an update follows.
    """
    present = observed(image)
    if OwnershipTag.of(image.tags) != ownership.expected(props, step):
        report_lost_tag(f"image {image.id}")
        present["tags"][TAG_KEY] = MISSING
    return {**{key: value for key, value in props.items() if key != "protected"}, **present}


def report_lost_tag(subject: str) -> None:
    """Warn that something does not carry the ownership tag that the state expects."""
    process.log(
        f"the ownership tag of {subject} was removed or changed outside, or by an interrupted run; "
        "run `pulumi up` to restore it",
        "warning",
    )


def restore(
    cloud: Cloud,
    image_id: str,
    step: Step,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    attributes: Attributes = NAME_AND_DESCRIPTION,
) -> dict[str, Any]:
    """
    Give an image its new inputs, and undo changes that were made outside.

    Args:
        cloud: Client of the region.
        image_id: Id of the image.
        step: Step that created it.
        old: Outputs in the state.
        new: New inputs.
        attributes: Attributes that follow an input.

    Returns:
        The outputs that are not inputs, after the update.
    """
    kept = {key: value for key, value in old.items() if key != "protected"}
    if old.get("protected"):
        process.log(f"lifts the protection of image {image_id}, which was set outside")
        cloud.ims.update_image(image_id, {"protected": False})
    image = cloud.ims.get_image(image_id)
    tag = ownership.expected(old, step)
    if image is not None and OwnershipTag.of(image.tags) != tag:
        # the owner in the state, not a fresh one: a run that dies before it is recorded changes nothing
        cloud.ims.set_tags(image_id, tag.as_tags)
        process.log(f"restores the ownership tag of image {image_id}")
    _apply(cloud, image_id, old, new, attributes)
    return kept


def set_boot_mode(cloud: Cloud, image: Image, firmware: str | None) -> Image:
    """
    Set the boot mode of an image where it differs from the configured one, and return the image as it is then.

    Not documented: if a creation from a file takes `hw_firmware_type`, and which boot mode an image of a disk has.
    Source of the change: IMS PATCH /v2/cloudimages/{image_id}.
    """
    if firmware is None or image.hw_firmware_type == firmware:
        return image
    return cloud.ims.update_image(image.id, {"hw_firmware_type": firmware})


def reconcile(
    cloud: Cloud, image: Image, new: Mapping[str, Any], attributes: Attributes = NAME_AND_DESCRIPTION
) -> Image:
    """
    Give an image of an earlier run the present inputs, and return it as it is then.

    Its name stays if another image has the new one; a later update renames it.
    """
    old = {**observed(image), **{key: getattr(image, key) or value.unset for key, value in attributes.items()}}
    try:
        _apply(cloud, image.id, old, new, attributes)
    except ApiError as error:
        if error.code != NAME_IS_TAKEN:
            raise
        _apply(cloud, image.id, old, {**new, "name": image.name}, attributes)
    return cloud.ims.get_image(image.id) or image


def rename(cloud: Cloud, image: Image, name: str) -> None:
    """Give an image another name, unless another image has it already."""
    try:
        cloud.ims.update_image(image.id, {"name": name})
    except ApiError as error:
        if error.code != NAME_IS_TAKEN:
            raise


def set_members(cloud: Cloud, image_id: str, project_ids: Sequence[str], may_be_shared: bool = True) -> None:
    """
    Share an image with the given projects only.

    Args:
        cloud: Client of the region.
        image_id: Id of the image.
        project_ids: Ids of the projects.
        may_be_shared: False if the image is known not to be shared; sharing it with no project then costs no request.
    """
    if not project_ids and not may_be_shared:
        return
    present = cloud.ims.list_members(image_id)
    for project_id in project_ids:
        if project_id not in present:
            cloud.ims.add_member(image_id, project_id)
    for project_id in present:
        if project_id not in project_ids:
            cloud.ims.remove_member(image_id, project_id)


def get_members(cloud: Cloud, image_id: str, known: Sequence[str]) -> list[str]:
    """
    Return the projects that an image is shared with now: in the known order, then those that others have added.

    An image that is not meant to be shared costs no request: a refresh takes one list for any number of builds.

    Args:
        cloud: Client of the region.
        image_id: Id of the image.
        known: Ids of the projects in the state.
    """
    if not known:
        return []
    present = cloud.ims.list_members(image_id)
    return [p for p in known if p in present] + sorted(p for p in present if p not in known)


def _apply(cloud: Cloud, image_id: str, old: Mapping[str, Any], new: Mapping[str, Any], attributes: Attributes) -> None:
    """
    Change the attributes and tags of an image from old to new inputs.

    Source: IMS PATCH /v2/cloudimages/{image_id}, POST /v2/{project_id}/images/{image_id}/tags/action.
    """
    changes = {
        attribute.name: new.get(key, attribute.unset)
        for key, attribute in attributes.items()
        if new.get(key, attribute.unset) != old.get(key, attribute.unset)
    }
    if changes:
        cloud.ims.update_image(image_id, changes)
    _apply_tags(cloud, image_id, old.get("tags") or {}, new.get("tags") or {})


def _apply_tags(cloud: Cloud, image_id: str, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    old, new = without_ownership_tag(old), without_ownership_tag(new)
    deleted = [key for key in old if key not in new]
    changed = {key: value for key, value in new.items() if old.get(key) != value}
    if deleted:
        cloud.ims.delete_tags(image_id, deleted)
    if changed:
        cloud.ims.set_tags(image_id, changed)
