"""
Tag of an image with the digest of its statement of provenance.

Source: IMS POST /v2/{project_id}/images/{image_id}/tags/action. An image has ten tags at most (IMG.0116); one that has
ten others is not given this tag.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.constraints import MAX_TAGS, PROVENANCE_KEY
from huaweicloud.errors import ApiError
from providers.provenance import statement
from providers.runtime import process

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ims import Image

TOO_MANY_TAGS = "IMG.0116"


def ensure(cloud: Cloud, image: Image, text: str) -> None:
    """Give an image the tag of a statement, unless it has that tag already or has no room for it."""
    value = statement.tag_value(statement.sha256_of(text))
    if image.tags.get(PROVENANCE_KEY) == value:
        return
    if not _has_room(image):
        _report_no_room(image)
        return
    try:
        cloud.ims.set_tags(image.id, {PROVENANCE_KEY: value})
    except ApiError as error:
        if error.code != TOO_MANY_TAGS:
            raise
        _report_no_room(image)


def is_lost(image: Image, text: str) -> bool:
    """Return True if an image should have the tag of a statement, and has room for it, but does not have it."""
    value = statement.tag_value(statement.sha256_of(text))
    return image.tags.get(PROVENANCE_KEY) != value and _has_room(image)


def _has_room(image: Image) -> bool:
    return PROVENANCE_KEY in image.tags or len(image.tags) < MAX_TAGS


def _report_no_room(image: Image) -> None:
    process.log(
        f"image {image.id} has {MAX_TAGS} tags, so it is not given the tag {PROVENANCE_KEY}; its statement of "
        "provenance is in the state all the same",
        "warning",
    )
