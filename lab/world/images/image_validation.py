"""Checks of the image service: names, descriptions, tags, sizes, versions."""

import re
from collections.abc import Iterable

from lab.world.images.os_version_list import OS_VERSIONS, OsVersion
from lab.world.records import Image, Tags
from lab.world.refusal import Refused
from lab.world.state import World

MAX_TAGS = 10
_NAME = re.compile(r"[\w\u4e00-\u9fff.\- ]+", re.ASCII)
_TAG_KEY = re.compile(r"[A-Za-z0-9_\-\u4e00-\u9fff]{1,36}")
_TAG_VALUE = re.compile(r"[A-Za-z0-9_.\-\u4e00-\u9fff]{0,43}")
_MIN_DISK = {"1-1024": (1, 1024), "10-1024": (10, 1024), "40-1024": (40, 1024)}


def check_name(name: str | None) -> str:
    """Check the name of an image: 1 to 128 characters, no space around it."""
    if not name:
        raise Refused("IMG.0013", "The image name is required.")
    if len(name) > 128:
        raise Refused("IMG.0002", "The image name is longer than 128 characters.")
    if not _NAME.fullmatch(name) or name != name.strip():
        raise Refused("IMG.0003", "The image name contains invalid characters.")
    return name


def check_new_name(world: World, project_id: str, name: str | None) -> str:
    """Check a name for a new image; a variant decides if it may be another image's."""
    checked = check_name(name)
    taken = any(i.name == checked for i in world.images.where("project_id", project_id))
    if taken and world.variants.equal_image_names == "refused":
        raise Refused("IMG.0009", "An image of this name already exists.")
    return checked


def check_description(description: str | None) -> str | None:
    if description is not None and len(description) > 1024:
        raise Refused("IMG.0004", "The description is longer than 1024 characters.")
    if description is not None and re.search(r"[\r\n<>]", description):
        raise Refused("IMG.0054", "The description contains invalid characters.")
    return description


def check_tag(key: str, value: str) -> tuple[str, str]:
    """Check a tag in its newer form."""
    if not _TAG_KEY.fullmatch(key) or not _TAG_VALUE.fullmatch(value):
        raise Refused("IMG.0115", "A tag's key or value is invalid.")
    return key, value


def check_tags(pairs: Iterable[tuple[str, str]], existing: Tags | None = None) -> Tags:
    """
    Check the tags of one request, added to those that the image has: unique keys, at most 10.

    Raises:
        Refused: IMG.0115 for a bad or repeated tag, IMG.0116 for too many.
    """
    given = [check_tag(key, value) for key, value in pairs]
    if len({key for key, _ in given}) != len(given):
        raise Refused("IMG.0115", "A tag key occurs twice.")
    merged: Tags = {**(existing or {}), **dict(given)}
    if len(merged) > MAX_TAGS:
        raise Refused("IMG.0116", f"An image has at most {MAX_TAGS} tags.")
    return merged


def old_style_tag(text: str) -> tuple[str, str]:
    """Split the older form `key.value` at its first dot."""
    key, _, value = text.partition(".")
    return key, value


def check_os_version(os_version: str) -> OsVersion:
    """Check that a version is in the documented list."""
    version = OS_VERSIONS.get(os_version)
    if version is None:
        # Not documented: the code of an unknown version; 0056 means that the OS information is invalid.
        raise Refused("IMG.0056", "The OS version is not in the list of supported versions.")
    return version


def check_min_disk(world: World, min_disk: int | None) -> int:
    """Check `min_disk` of an image that is created from a file (GiB)."""
    lowest, highest = _MIN_DISK[world.variants.min_disk_bounds]
    if min_disk is None or not lowest <= min_disk <= highest:
        raise Refused("IMG.0055", f"The minimum disk must be from {lowest} to {highest} GB.")
    return min_disk


def check_ram(min_ram: int | None, max_ram: int | None) -> None:
    """
    Check `min_ram` and `max_ram` (MiB): not negative.

    Not documented: the upper bounds.
    """
    if (min_ram or 0) < 0 or (max_ram or 0) < 0:
        raise Refused("IMG.0055", "The memory size is invalid.")
    if min_ram and max_ram and max_ram < min_ram:
        raise Refused("IMG.0055", "The maximum memory is less than the minimum memory.")


def check_firmware(firmware: str | None, architecture: str | None) -> tuple[str | None, str]:
    """
    Check boot mode and architecture; arm has UEFI only.

    Returns:
        Boot mode (None: not given, which means bios), and architecture.
    """
    if firmware not in (None, "bios", "uefi"):
        raise Refused("IMG.0141", "hw_firmware_type must be bios or uefi.")
    if architecture not in (None, "x86", "arm"):
        raise Refused("IMG.0212", "The architecture must be x86 or arm.")
    if architecture == "arm":
        return "uefi", "arm"
    return firmware, "x86"


def check_quota(world: World, project_id: str, new: int = 1) -> None:
    """Check the quota for new images, and for one more task."""
    used = len(world.images.where("project_id", project_id))
    if used + new > world.settings.quotas.images:
        raise Refused("IMG.0015", "The image quota is used up.")
    kinds = ("import_image", "capture_image", "copy_image")
    if sum(world.jobs.running(kind, project_id) for kind in kinds) >= world.settings.quotas.image_tasks:
        raise Refused("IMG.0060", "Too many image tasks; try again later.")


def own_image(world: World, project_id: str, image_id: str) -> Image:
    """Return an image of the project itself."""
    image = world.images.get(image_id)
    if image is None or image.project_id != project_id:
        raise Refused("IMG.0144", "The image does not exist.")
    return image


def readable_image(world: World, project_id: str, image_id: str) -> Image | None:
    """Return an image that a project may use: its own, a public one, or one that is shared with it."""
    image = world.images.get(image_id)
    if image is None:
        return None
    member = world.members.get(f"{image_id}/{project_id}")
    shared = member is not None and member.status != "rejected"
    return image if image.project_id == project_id or image.imagetype == "gold" or shared else None
