"""Making images: from a file in the object store, from a server, from a volume."""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from lab.world.ids import new_uuid
from lab.world.image_checks import (
    check_description,
    check_firmware,
    check_min_disk,
    check_new_name,
    check_os_version,
    check_quota,
    check_ram,
)
from lab.world.jobs import Job, Procedure, Step, SubJob
from lab.world.records import Image, Server, Tags, Volume
from lab.world.refusal import JobFailed, Refused
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
MAX_DISK_GIB = 1024
STRICT_ISO_NAME = re.compile(r"[A-Za-z0-9_-]+\.iso")
FOUND_ON_VOLUME = "CentOS 7.6 64bit"
"""What the service finds on a volume, where that variant is on."""


@dataclass(frozen=True)
class ImageOrder:
    """What a caller says of an image that is to be made; sizes in GiB (disk) and MiB (memory)."""

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
    """Make the record of an image that is about to be built."""
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
    _describe_os(image, order)
    return image


def _describe_os(image: Image, order: ImageOrder) -> None:
    if order.os_type not in (None, "Linux", "Windows", "Other"):
        raise Refused("IMG.0122", "The OS type must be Linux, Windows or Other.")
    if order.os_version:
        version = check_os_version(order.os_version)
        image.os_type, image.os_bit = version.os_type, str(version.bit)
        image.os_version, image.platform = version.version, version.platform
    elif order.os_type:
        image.os_type = order.os_type


def parse_image_url(url: str | None) -> tuple[str, str]:
    """Split `bucket:object`.

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
    """Make an image from a file in the object store; an ISO file makes an ISO image."""
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
    """Make a data image from a file; used by the quick import (raw and zvhd2 only)."""
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


def create_from_volume(world: World, order: ImageOrder, volume_id: str) -> Job:
    """Make a system image from a disk that is attached to a server: the last step of an ISO build."""
    environment = order.type or "ECS"
    if environment not in ("ECS", "FusionCompute", "BMS", "Ironic"):
        raise Refused("IMG.0117", "The image type must be BMS or ECS.")
    if not order.os_version:
        raise Refused("IMG.0056", "os_version is required.")
    volume = _capturable_volume(world, order.project_id, volume_id)
    image = new_image(world, order, environment, f"volume,{volume.id}")
    if world.variants.os_on_volume == "another":
        _describe_os(image, replace(order, os_version=FOUND_ON_VOLUME))
    _inherit_from_server(world, image, order, volume)
    return _start_capture(world, image, volume, "imsVolumeCreateImageJob")


def create_from_server(world: World, order: ImageOrder, server_id: str) -> Job:
    """Make a system image from a server's system disk."""
    server = _capturable_server(world, order.project_id, server_id)
    disk = next((v for v in world.volumes.where("server_id", server.id) if v.is_system_disk), None)
    if disk is None:
        raise Refused("IMG.0119", "The server has no system disk.")
    volume = _capturable_volume(world, order.project_id, disk.id)
    image = new_image(world, order, "ECS", f"instance,{server.id}")
    source = server.image_metadata
    image.os_version, image.os_type = source.get("__os_version", ""), source.get("__os_type", "Linux")
    image.os_bit, image.platform = source.get("__os_bit", "64"), source.get("__platform", "Other")
    image.original = server.image_id
    _inherit_from_server(world, image, order, volume)
    return _start_capture(world, image, volume, "imsCreateImageByInstance")


def create_data_images(world: World, orders: list[tuple[ImageOrder, str]]) -> Job:
    """Make data images from data disks, which must all be one server's."""
    volumes = [_capturable_volume(world, order.project_id, volume_id) for order, volume_id in orders]
    if len({v.server_id for v in volumes}) > 1:
        raise Refused("IMG.0140", "The data disks belong to different servers.")
    if any(v.is_system_disk for v in volumes):
        raise Refused("IMG.0120", "A system disk cannot be made into a data image.")
    check_quota(world, orders[0][0].project_id, len(orders))
    images = [
        new_image(world, order, "DataImage", f"volume,{volume.id}")
        for (order, _), volume in zip(orders, volumes, strict=True)
    ]
    for image, volume in zip(images, volumes, strict=True):
        world.images.save(image)
        _begin_upload(world, volume)
    sub_jobs = [
        SubJob(
            job_type="imsCopyVolumeToImageJob",
            begin=world.now(),
            entities={"image_id": image.id, "image_name": image.name},
        )
        for image in images
    ]
    pairs = [[i.id, v.id] for i, v in zip(images, volumes, strict=True)]
    return world.jobs.start(
        "ims",
        orders[0][0].project_id,
        "capture_image",
        "imsVolumesToSysDataImagesJob",
        params={"pairs": pairs},
        sub_jobs=sub_jobs,
    )


def _capturable_server(world: World, project_id: str, server_id: str) -> Server:
    server = world.servers.get(server_id)
    if server is None or server.project_id != project_id or server.vm_state in ("deleted", "building"):
        raise Refused("IMG.0005", "The server does not exist.")
    if server.vm_state == "error":
        raise Refused("IMG.0022", "The state of the disk does not fit.")
    if server.task_state is not None:
        raise Refused("IMG.0010", "The server has another task.")
    return server


def _capturable_volume(world: World, project_id: str, volume_id: str) -> Volume:
    volume = world.volumes.get(volume_id)
    if volume is None or volume.project_id != project_id:
        raise Refused("IMG.0120", "The data disk id is not usable.")
    detached = volume.status == "available" and world.variants.capture_of_detached_volume == "accepted"
    if volume.status != "in-use" and not detached:
        raise Refused("IMG.0022", "The state of the disk does not fit.")
    if volume.size_gib > MAX_DISK_GIB:
        raise Refused("IMG.0111", "The disk is larger than 1 TB.")
    if volume.server_id:
        server = _capturable_server(world, project_id, volume.server_id)
        if server.vm_state != "stopped" and world.variants.capture_needs_stopped_server == "yes":
            raise Refused("IMG.0008", "The server must be stopped.")
    return volume


def _inherit_from_server(world: World, image: Image, order: ImageOrder, volume: Volume) -> None:
    # not documented: min_disk, boot mode and architecture of an image that is made from a volume
    image.min_disk = volume.size_gib
    server = world.servers.get(volume.server_id or "")
    if server is not None and order.firmware is None and order.architecture is None:
        if server.image_metadata.get("__support_arm") == "true":
            image.architecture = "arm"
        inherits = world.variants.captured_firmware == "inherited" or image.architecture == "arm"
        if server.firmware == "uefi" and inherits:
            image.hw_firmware_type = "uefi"
    if server is not None and world.variants.captured_min_disk == "source_image":
        image.min_disk = int(server.image_metadata.get("min_disk", image.min_disk))


def _begin_upload(world: World, volume: Volume) -> None:
    volume.status = world.variants.volume_during_capture
    volume.capturing = True
    world.volumes.save(volume)


def _start_capture(world: World, image: Image, volume: Volume, job_type: str) -> Job:
    world.images.save(image)
    _begin_upload(world, volume)
    params: dict[str, Any] = {
        "image_id": image.id,
        "image_name": image.name,
        "pairs": [[image.id, volume.id]],
    }
    return world.jobs.start("ims", image.project_id, "capture_image", job_type, params=params)


class ImageBuilding:
    """The procedures behind the calls above."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.jobs.register(
            Procedure(
                "import_image",
                "import_image",
                (
                    Step("ObtainImageInfoTask", self._begin, 0.1),
                    Step("ImportImageTask", self._import, 0.8),
                    Step("RegisterImageTask", self._activate, 0.1),
                ),
                self._undo,
            ),
            Procedure(
                "capture_image",
                "capture_image",
                (
                    Step("CheckDiskTask", self._begin, 0.1),
                    Step("CaptureDiskTask", self._capture, 0.8),
                    Step("RegisterImageTask", self._activate, 0.1),
                ),
                self._undo,
            ),
        )

    def _images(self, job: Job) -> list[Image]:
        pairs = job.params.get("pairs") or [[job.params["image_id"], None]]
        images = [self.world.images.get(image_id) for image_id, _ in pairs]
        return [image for image in images if image is not None]

    async def _begin(self, job: Job) -> None:
        for image in self._images(job):
            image.status = "saving"
            self.world.images.save(image)

    async def _import(self, job: Job) -> None:
        for image in self._images(job):
            source = Path(job.params["source"])
            made = await self.world.drive(self.world.driver.import_file, source, image.id, job.params["format"])
            image.path, image.size_bytes, image.sha256 = str(made.path), made.size_bytes, made.sha256
            image.virtual_size_gib = made.virtual_size_gib
            if not image.is_iso and made.virtual_size_gib > image.min_disk:
                raise JobFailed("IMG.0055", "min_disk is less than the image's disk.")
            self.world.images.save(image)

    async def _capture(self, job: Job) -> None:
        for image_id, volume_id in job.params["pairs"]:
            image, volume = self.world.images.get(image_id), self.world.volumes.get(volume_id)
            if image is None or volume is None or not volume.capturing:
                raise JobFailed("IMG.0022", "The state of the disk does not fit.")
            blank = await self.world.drive(self.world.driver.written_bytes, volume.id) == 0
            if blank and self.world.variants.blank_capture == "refused":
                raise JobFailed("IMG.0014", "The disk holds no operating system.")
            made = await self.world.drive(self.world.driver.capture, volume.id, image.id)
            image.path, image.size_bytes, image.sha256 = str(made.path), made.size_bytes, made.sha256
            image.virtual_size_gib = made.virtual_size_gib
            self.world.images.save(image)

    async def _activate(self, job: Job) -> None:
        now = self.world.now()
        for image in self._images(job):
            image.status, image.active_at, image.updated_at = "active", now, now
            self.world.images.save(image)
        self._end_upload(job)

    def _end_upload(self, job: Job) -> None:
        for _, volume_id in job.params.get("pairs", []):
            volume = self.world.volumes.get(volume_id)
            if volume is not None and volume.capturing:
                volume.capturing = False
                volume.status = "in-use" if volume.server_id else "available"
                self.world.volumes.save(volume)

    async def _undo(self, job: Job) -> None:
        self._end_upload(job)
        for image in self._images(job):
            await self.world.drive(self.world.driver.delete_image, image.id)
            if self.world.variants.failed_image == "killed":
                image.status, image.updated_at = "killed", self.world.now()
                self.world.images.save(image)
            else:
                self.world.images.delete(image.id)
