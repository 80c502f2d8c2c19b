"""Creation of images from files in the object store."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from lab.world.ids import new_uuid
from lab.world.images.image_validation import (
    check_description,
    check_firmware,
    check_min_disk,
    check_new_name,
    check_os_version,
    check_quota,
    check_ram,
)
from lab.world.procedures import Job, SubJob
from lab.world.records import Image, Tags
from lab.world.refusal import Refused
from lab.world.state import World

ENVIRONMENTS: dict[str, Literal["FusionCompute", "Ironic", "DataImage", "IsoImage"]] = {
    "ECS": "FusionCompute",
    "FusionCompute": "FusionCompute",
    "BMS": "Ironic",
    "Ironic": "Ironic",
    "IsoImage": "IsoImage",
    "DataImage": "DataImage",
}


FILE_FORMATS = ("vmdk", "vhd", "qcow2", "raw", "vhdx", "qed", "vdi", "qcow", "zvhd", "zvhd2")


MAX_FILE_GIB = 128


STRICT_ISO_NAME = re.compile(r"[A-Za-z0-9_-]+\.iso")


@dataclass(frozen=True)
class ImageOrder:
    """Caller's order for an image; sizes in GiB (disk) and MiB (memory)."""

    project_id: str
    name: str | None
    description: str | None = None
    tags: Tags = field(default_factory=dict)
    enterprise_project_id: str = "0"
    min_disk: int | None = None
    min_ram: int | None = None
    max_ram: int | None = None
    type: str | None = None
    os_version: str | None = None
    os_type: str | None = None
    architecture: str | None = None
    firmware: str | None = None
    cmk_id: str | None = None
    quick: bool = False


def new_image(world: World, order: ImageOrder, environment: str, origin: str) -> Image:
    """Return the record of an image that is about to be built."""
    check_quota(world, order.project_id)
    check_ram(order.min_ram, order.max_ram)
    firmware, architecture = check_firmware(order.firmware, order.architecture)
    now = world.now()
    image = Image(
        id=new_uuid(),
        project_id=order.project_id,
        name=check_new_name(world, order.project_id, order.name),
        description=check_description(order.description),
        virtual_env_type=ENVIRONMENTS[environment],
        min_disk=order.min_disk or 0,
        min_ram=order.min_ram or 0,
        max_ram=order.max_ram,
        hw_firmware_type=firmware,
        architecture="arm" if architecture == "arm" else "x86",
        tags=order.tags,
        enterprise_project_id=order.enterprise_project_id,
        cmk_id=order.cmk_id,
        data_origin=origin,
        created_at=now,
        updated_at=now,
        visible_at=world.visible_at(),
        tags_visible_at=world.tags_visible_at(),
    )
    describe_os(image, order)
    return image


def describe_os(image: Image, order: ImageOrder) -> None:
    """Add what follows from the OS version or type of an order."""
    if order.os_type not in (None, "Linux", "Windows", "Other"):
        raise Refused("IMG.0122", "The OS type must be Linux, Windows or Other.")
    if order.os_version:
        version = check_os_version(order.os_version)
        image.os_type, image.os_bit = version.os_type, str(version.bit)
        image.os_version, image.platform = version.version, version.platform
    elif order.os_type:
        image.os_type = order.os_type


def parse_image_url(url: str | None) -> tuple[str, str]:
    """
    Split `bucket:object`.

    Raises:
        Refused: IMG.0057 if it is not of that form, IMG.0175 if it contains spaces.
    """
    bucket, colon, key = (url or "").partition(":")
    if not bucket or not colon or not key:
        raise Refused("IMG.0057", "The image file does not exist, is empty or has a wrong format.")
    if " " in key or " " in bucket:
        raise Refused("IMG.0175", "The folder or file name contains spaces.")
    return bucket, key


def _source_file(world: World, url: str | None, formats: tuple[str, ...]) -> tuple[Path, str]:
    bucket, key = parse_image_url(url)
    stored, path = world.objects.head(bucket, key), world.objects.path(bucket, key)
    suffix = key.rpartition(".")[2].lower()
    if stored is None or path is None or stored.size == 0 or suffix not in formats:
        raise Refused("IMG.0057", "The image file does not exist, is empty or has a wrong format.")
    if stored.size > MAX_FILE_GIB << 30:
        raise Refused("IMG.0059", f"The image file is larger than {MAX_FILE_GIB} GB.")
    return path, suffix


def create_from_file(world: World, order: ImageOrder, url: str | None) -> Job:
    """Create an image from a file in the object store; an ISO file becomes an ISO image."""
    environment = order.type or "ECS"
    if environment not in ENVIRONMENTS or environment == "DataImage":
        raise Refused("IMG.0024", "The image type is invalid.")
    if environment == "IsoImage":
        return _create_from_iso(world, order, url)
    if order.quick and not order.os_version:
        raise Refused("IMG.0159", "os_version is required for a quick import.")
    formats = ("raw", "zvhd2") if order.quick else FILE_FORMATS
    check_min_disk(world, order.min_disk)
    path, suffix = _source_file(world, url, formats)
    image = new_image(world, order, environment, f"file,{url}")
    image.root_origin = "file"
    return _start_import(world, image, path, suffix)


def _create_from_iso(world: World, order: ImageOrder, url: str | None) -> Job:
    if not order.os_version:
        raise Refused("IMG.0166", "An ISO image needs os_version.")
    check_min_disk(world, order.min_disk)
    if order.cmk_id is not None and world.variants.iso_with_key == "refused":
        raise Refused("IMG.0167", "An ISO image cannot be encrypted.")
    path, suffix = _source_file(world, url, ("iso",))
    if world.variants.iso_file_names == "strict" and not STRICT_ISO_NAME.fullmatch(parse_image_url(url)[1]):
        raise Refused("IMG.0057", "The image file does not exist, is empty or has a wrong format.")
    image = new_image(world, order, "IsoImage", f"file,{url}")
    image.root_origin, image.disk_format = "file", "iso"
    if order.os_type:
        image.os_type = order.os_type
    return _start_import(world, image, path, suffix)


def create_data_image_from_file(world: World, order: ImageOrder, url: str | None, os_type: str | None) -> Job:
    """Create a data image from a file, as the quick import does (raw and zvhd2 only)."""
    path, suffix = _source_file(world, url, ("raw", "zvhd2") if order.quick else FILE_FORMATS)
    image = new_image(world, order, "DataImage", f"file,{url}")
    image.root_origin, image.os_type = "file", os_type or "Linux"
    return _start_import(world, image, path, suffix, "imsImportDataImageJob")


def _start_import(world: World, image: Image, path: Path, suffix: str, job_type: str = "imsImportImageJob") -> Job:
    if world.variants.iso_firmware == "ignored" and image.architecture != "arm":
        image.hw_firmware_type = None
    world.images.save(image)
    params = {"image_id": image.id, "image_name": image.name, "source": str(path), "format": suffix}
    return world.jobs.start(
        "ims",
        image.project_id,
        "import_image",
        job_type,
        params=params,
        sub_jobs=_iso_sub_jobs(world, image),
    )


def _iso_sub_jobs(world: World, image: Image) -> list[SubJob]:
    if not image.is_iso or world.variants.iso_job_shape == "direct":
        return []
    entities = {"image_id": image.id, "image_name": image.name}
    return [SubJob(job_type="imsImportIsoFileImageJob", begin=world.now(), entities=entities)]
