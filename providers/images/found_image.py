"""Finished images that are found by id, name or build: to import one into a stack, or to use one of another stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from config.builds.channel_tag import without_publication
from huaweicloud.errors import UnexpectedState
from providers.images import image_spec
from providers.lifecycle.ownership_tag import OwnershipTag, without_ownership_tag
from providers.runtime.properties import Props
from providers.verification import failed_image

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ims import Image

BY = ("image_id", "name", "build_id")
"""Ways to find an image, of which one is chosen."""
STEPS = ("image", "kept", "copy", "kept-copy")


def find(cloud: Cloud, by: str, value: str) -> Image:
    """
    Return a finished image of this tool.

    Args:
        cloud: Client of the region.
        by: One of `BY`.
        value: Id, name or build id. Of several images of one name it is the newest.

    Raises:
        UnexpectedState: There is no such image.
    """
    if by == "image_id":
        image = cloud.ims.get_image(value)
        found = [image] if image is not None else []
    else:
        found = cloud.ims.list_images(virtual_env_type="FusionCompute")
        found.sort(key=_is_copy)  # an image itself goes before a copy of it in the same project
    for image in found:
        tag = OwnershipTag.of(image.tags)
        if tag is None or tag.step not in STEPS or image.status != "active":
            continue
        if by != "image_id" and failed_image.is_failed(image.name, tag.build_id):
            continue
        if value == {"image_id": image.id, "name": image.name, "build_id": tag.build_id}[by]:
            return image
    others = "; it was not built by this tool, or is not finished" if found and by == "image_id" else ""
    raise UnexpectedState(f"there is no finished image with the {by} {value!r} in {cloud.region}{others}")


def _is_copy(image: Image) -> bool:
    tag = OwnershipTag.of(image.tags)
    return tag is not None and tag.step in image_spec.COPY_STEPS


def described(image: Image, region: str) -> dict[str, Any]:
    """Return what programs want to know of an image; sizes in bytes and GiB."""
    tag = OwnershipTag.of(image.tags)
    values = {
        "image_id": image.id,
        "name": image.name,
        "region": region,
        "build_id": tag.build_id if tag else None,
        "os_version": image.os_version,
        "status": image.status,
        "min_disk": image.min_disk,
        "size": image.size_bytes,
        "created_at": image.created_at.isoformat() if image.created_at else None,
    }
    return {key: value for key, value in values.items() if value is not None}


def inputs_of(cloud: Cloud, image_id: str, region: str) -> tuple[Image, Props, str] | None:
    """
    Return an image with the inputs that describe it as it is, and its owner, for an import by id.

    Returns:
        Image, inputs and owner; None if there is no such image.

    Raises:
        UnexpectedState: It is not the finished image of a build.
    """
    image = cloud.ims.get_image(image_id)
    if image is None or image_spec.is_dead(image):
        return None
    tag = OwnershipTag.of(image.tags)
    if tag is None or tag.step != "image" or image.status != "active":
        raise UnexpectedState(
            f"image {image_id} cannot be imported: it is not the present image of a build",
            hint="its ownership tag, `image-from-iso`, names the build and the step `image`",
        )
    members = sorted(cloud.ims.list_members(image_id))
    inputs = {
        "region": region,
        "build_id": tag.build_id,
        "name": image.name,
        "volume_id": image.data_origin.removeprefix("volume,"),
        "os_version": image.os_version,
        "hw_firmware_type": image.hw_firmware_type,
        "min_ram": image.min_ram,
        "max_ram": image.max_ram or None,
        "description": image.description,
        "tags": without_publication(without_ownership_tag(image.tags)),
        "enterprise_project_id": image.enterprise_project_id or None,
        "share_with": members,
    }
    return image, inputs, tag.owner
