"""Settings that take a finished image elsewhere: copies in other regions and projects, and exports to a bucket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator

from config.builds.settings_model import UPDATE, Settings
from config.constraints import BucketName, ImageName, Text
from config.documentation.settings_documentation import Setting
from config.iso_file.iso_location import MAX_KEY_BYTES

BUILD_ID = "{build_id}"
"""Place of the id of the build in the name of an exported object."""
IMAGE_NAME = "{image_name}"
MAX_NAME_BYTES = 3 * 128
"""Bytes that the name of an image may add to the name of an object."""
NEW_EXPORT = "a new export"
ExportFormat = Literal["qcow2", "vhd", "zvhd2", "vmdk"]


def _object(value: str) -> str:
    if BUILD_ID not in value:
        raise ValueError(f"must contain {BUILD_ID}, because each image is exported to an object of its own")
    if any(letter.isspace() for letter in value):
        raise ValueError("must have no spaces: the image service refuses them (IMG.0175)")
    if any(part in ("", ".", "..") for part in value.split("/")):
        raise ValueError("must have no '/' at its ends, no '//', and no '.' or '..' as a folder")
    if len(value.encode()) > MAX_KEY_BYTES - MAX_NAME_BYTES:
        raise ValueError(f"must have at most {MAX_KEY_BYTES - MAX_NAME_BYTES} bytes")
    return value


class CopyTarget(Settings):
    """Copy of the finished image in another region or project."""

    region: Annotated[
        Text,
        Setting(
            "region of a copy: a region id, or the name of an entry of `regions`, also one with another project",
            on_change="another copy",
        ),
    ]
    agency: Annotated[
        Text | None,
        Setting(
            "agency that lets the image service act in the project of another region; required there",
            on_change="nothing",
        ),
    ] = None
    name: Annotated[ImageName | None, Setting("name of the copy", default="`image_name`", on_change=UPDATE)] = None


class ExportTarget(Settings):
    """Object in a bucket that the finished image is exported to."""

    bucket: Annotated[
        BucketName, Setting("bucket in the region of the build, of storage class Standard", on_change=NEW_EXPORT)
    ]
    format: Annotated[
        ExportFormat,
        Setting(
            "`qcow2`, `vhd`, `vmdk` or `zvhd2`, of which only the last takes disks above 128 GiB",
            on_change=NEW_EXPORT,
        ),
    ]
    object: Annotated[
        Annotated[str, AfterValidator(_object)] | None,
        Setting(
            f"name of the object, in which `{BUILD_ID}`, which is required, and `{IMAGE_NAME}` stand for those values",
            default=f"`{IMAGE_NAME}-{BUILD_ID}.<format>`",
            on_change=NEW_EXPORT,
        ),
    ] = None

    def location(self, image_name: str) -> str:
        """Return the location of the object with a place for the id of the build."""
        name = (self.object or f"{IMAGE_NAME}-{BUILD_ID}.{self.format}").replace(IMAGE_NAME, plain(image_name))
        return f"{self.bucket}:{name}"


def plain(image_name: str) -> str:
    """Return the name of an image as a part of the name of an object, which has no spaces."""
    return image_name.replace(" ", "_")


def with_shares(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """
    Return the settings of a build with `publish.share_with` as `share_with`, of which it is another name.

    Args:
        values: Settings that are known.

    Returns:
        The settings, and the problems, each with its setting.
    """
    published = values.get("publish")
    if not isinstance(published, Mapping) or not published.get("share_with"):
        return dict(values), []
    if values.get("share_with"):
        return dict(values), [
            ("publish.share_with", "is another name of share_with, which is set too; set one of them")
        ]
    others = {key: value for key, value in published.items() if key != "share_with"}
    return {**values, "publish": others, "share_with": published["share_with"]}, []
