"""Finished image of a build: the active image of its captured disk."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from providers.images import image_spec

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ims import Image


def find(cloud: Cloud, build_id: str) -> Image | None:
    """Return the finished image of a build as the cloud shows it now; None if there is none."""
    return find_among(cloud.ims.list_images(virtual_env_type="FusionCompute"), build_id)


def find_among(images: Iterable[Image], build_id: str, data_volume_id: str | None = None) -> Image | None:
    """
    Return the finished image of a build; None if there is none.

    Args:
        images: Images to search.
        build_id: Id of the build, which the ownership tag names.
        data_volume_id: Id of the disk of the image, by which it is found without an ownership tag.
    """
    origin = f"volume,{data_volume_id}"
    for image in images:
        is_own = image_spec.is_made_by(image, build_id, "image")
        if image.status == "active" and (is_own or image.data_origin == origin):
            return image
    return None
