"""Creation of images from servers and their disks."""

from dataclasses import replace
from typing import Any

from lab.world.images.image_import import ImageOrder, describe_os, new_image
from lab.world.images.image_validation import check_quota
from lab.world.procedures import Job, SubJob
from lab.world.records import Image, Server, Volume
from lab.world.refusal import Refused
from lab.world.state import World

MAX_DISK_GIB = 1024


FOUND_ON_VOLUME = "CentOS 7.6 64bit"
"""OS version that the service detects on a volume, if that variant is on."""


def create_from_volume(world: World, order: ImageOrder, volume_id: str) -> Job:
    """Create a system image from a disk that is attached to a server: the last step of an ISO build."""
    environment = order.type or "ECS"
    if environment not in ("ECS", "FusionCompute", "BMS", "Ironic"):
        raise Refused("IMG.0117", "The image type must be BMS or ECS.")
    if not order.os_version:
        raise Refused("IMG.0056", "os_version is required.")
    volume = _capturable_volume(world, order.project_id, volume_id)
    image = new_image(world, order, environment, f"volume,{volume.id}")
    if world.variants.os_on_volume == "another":
        describe_os(image, replace(order, os_version=FOUND_ON_VOLUME))
    _inherit_from_server(world, image, order, volume)
    return _start_capture(world, image, volume, "imsVolumeCreateImageJob")


def create_from_server(world: World, order: ImageOrder, server_id: str) -> Job:
    """Create a system image from a server's system disk."""
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
    """Create data images from data disks, which must all be one server's."""
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
    # Not documented: min_disk, boot mode and architecture of an image that is made from a volume.
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
