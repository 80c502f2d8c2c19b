"""Copies of images: in the region, into another one, into the object store."""

import asyncio
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.drivers.interface import DriverError
from lab.world.identity.accounts import AGENCIES, DOMAIN, OTHER_REGION, REGION, find_project
from lab.world.ids import new_uuid
from lab.world.images.image_import import parse_image_url
from lab.world.images.image_validation import (
    check_description,
    check_new_name,
    check_quota,
    own_image,
    readable_image,
)
from lab.world.procedures import Job, Procedure, Step
from lab.world.records import Image
from lab.world.refusal import JobFailed, Refused
from lab.world.state import World

EXPORT_FORMATS = {"qcow2": "qcow2", "vhd": "vpc", "zvhd": "vpc", "vmdk": "vmdk"}
MAX_CROSS_REGION_TASKS = 5
MAX_CROSS_REGION_GIB = 128
MAX_EXPORT_GIB = 128
"""Size of an image (GiB) above which only a quick export is possible."""
QCOW2_MAGIC = b"QFI\xfb"


@dataclass(frozen=True)
class CopyOrder:
    """Caller's order for a copy; ``region`` and its details only for another region."""

    name: str | None
    description: str | None = None
    enterprise_project_id: str | None = None
    cmk_id: str | None = None
    region: str | None = None
    project_name: str | None = None
    agency_name: str | None = None


def _copyable(world: World, project_id: str, image_id: str) -> Image:
    return _available(own_image(world, project_id, image_id))


def _available(image: Image) -> Image:
    if image.is_iso:
        raise Refused("IMG.0167", "This is not supported for ISO images.")
    if image.status != "active":
        raise Refused("IMG.0046", "The image is not available.")
    return image


def copy_in_region(world: World, project_id: str, image_id: str, order: CopyOrder) -> Job:
    """Accept a copy within the region, also of an image of another project that the caller has accepted."""
    source = readable_image(world, project_id, image_id)
    if source is None or source.imagetype == "gold":
        raise Refused("IMG.0144", "The image does not exist.")
    member = world.members.get(f"{image_id}/{project_id}")
    if source.project_id != project_id and (member is None or member.status != "accepted"):
        raise Refused("IMG.0196", "The shared image has not been accepted.")
    _available(source)
    check_quota(world, project_id)
    name = check_new_name(world, project_id, order.name)
    copy = _copy_of(world, source, project_id, name, order)
    copy.cmk_id = order.cmk_id
    return _start(world, project_id, source, copy, "copy_image", "imsCopyImageInRegionJob")


def copy_to_region(world: World, project_id: str, image_id: str, order: CopyOrder) -> Job:
    """Accept a copy into another region, where a project of the same account owns it."""
    source = _copyable(world, project_id, image_id)
    if source.cmk_id is not None:
        raise Refused("IMG.0143", "An encrypted image cannot be copied into another region.")
    if order.region == REGION:
        raise Refused("IMG.0142", "The target region must be another one.")
    if order.region != OTHER_REGION:
        raise Refused("IMG.0147", "The target region is wrong.")
    target = find_project(DOMAIN, name=order.project_name)
    if target is None or target.region != order.region:
        raise Refused("IMG.0145", "The target project is wrong.")
    if (DOMAIN.id, order.agency_name) not in AGENCIES:
        raise Refused("IMG.0151", "The agency does not exist or has no rights.")
    if source.min_disk > MAX_CROSS_REGION_GIB:
        raise Refused("IMG.0146", "The image is too big to be copied into another region.")
    if world.jobs.running("copy_image_to_region", project_id) >= MAX_CROSS_REGION_TASKS:
        raise Refused("IMG.0149", "Too many copies into other regions; try again later.")
    check_quota(world, target.id)
    copy = _copy_of(world, source, target.id, check_new_name(world, target.id, order.name), order)
    return _start(world, project_id, source, copy, "copy_image_to_region", "imsCrossRegionCopyImageJob")


def _copy_of(world: World, source: Image, project_id: str, name: str, order: CopyOrder) -> Image:
    now = world.now()
    changes: dict[str, Any] = {
        "id": new_uuid(),
        "project_id": project_id,
        "name": name,
        "description": check_description(order.description),
        "enterprise_project_id": order.enterprise_project_id or source.enterprise_project_id,
        "status": "queued",
        "tags": {},
        "protected": False,
        "created_at": now,
        "updated_at": now,
        "active_at": None,
        "visible_at": world.visible_at(),
        "data_origin": f"image,{REGION},{source.id}",
        "path": None,
    }
    return source.model_copy(update=changes, deep=True)


def _start(world: World, project_id: str, source: Image, copy: Image, kind: str, job_type: str) -> Job:
    world.images.save(copy)
    params = {"image_id": copy.id, "image_name": copy.name, "source_id": source.id}
    return world.jobs.start("ims", project_id, kind, job_type, params=params)


def export_image(
    world: World, project_id: str, image_id: str, bucket_url: str, file_format: str | None, quick: bool
) -> Job:
    """Accept the export of an image into the object store."""
    image = _copyable(world, project_id, image_id)
    if image.cmk_id is not None and quick:
        raise Refused("IMG.0071", "An encrypted image cannot be exported quickly.")
    file_format = _export_format(world, file_format, quick)
    if image.min_disk > MAX_EXPORT_GIB and not quick:
        raise Refused("IMG.0160", "The image is too big for an export that is not quick.")
    if is_being_exported(world, image_id):
        raise Refused("IMG.0148", "The image is being exported.")
    bucket, key = parse_image_url(bucket_url)
    if world.objects.head(bucket, key) is not None:
        raise Refused("IMG.0070", "The target file exists.")
    params = {"image_id": image.id, "image_name": image.name, "bucket": bucket, "key": key, "format": file_format}
    return world.jobs.start("ims", project_id, "export_image", "imsNativeExportImageJob", params=params)


def is_being_exported(world: World, image_id: str) -> bool:
    """Return True while an export of an image is under way."""
    exports = (job for job in world.jobs.records if job.kind == "export_image" and not job.finished)
    return any(job.params["image_id"] == image_id for job in exports)


def _export_format(world: World, file_format: str | None, quick: bool) -> str | None:
    """Return the format to export to, None for that of a quick export."""
    goes_with_quick = file_format is None or world.variants.format_of_quick_export == "ignored"
    if (quick and not goes_with_quick) or (not quick and file_format is None):
        raise Refused("IMG.0072", "The format is not supported, or goes with a quick export.")
    if file_format not in (None, *EXPORT_FORMATS):
        raise Refused("IMG.0072", "The format is not supported, or goes with a quick export.")
    return None if quick else file_format


class ImageCopying:
    """Procedures of copies and exports."""

    def __init__(self, world: World) -> None:
        self.world = world
        copying = (Step("CopyImageInRegionTask", self._copy, 1.0),)
        world.jobs.register(
            Procedure("copy_image", "copy_image", copying, self._undo_copy),
            Procedure("copy_image_to_region", "copy_image", copying, self._undo_copy),
            Procedure("export_image", "export_image", (Step("ExportImageTask", self._export, 1.0),), self._keep),
        )

    async def _copy(self, job: Job) -> None:
        source = self.world.images.get(job.params["source_id"])
        copy = self.world.images.get(job.params["image_id"])
        if source is None or copy is None:
            raise JobFailed("IMG.0144", "The image does not exist.")
        if source.path is not None:
            file = await self.world.drive(
                self.world.driver.import_file, Path(source.path), copy.id, Path(source.path).suffix[1:]
            )
            copy.path, copy.sha256 = str(file.path), file.sha256
        now = self.world.now()
        copy.status, copy.active_at, copy.updated_at = "active", now, now
        self.world.images.save(copy)

    async def _undo_copy(self, job: Job) -> None:
        image_id = job.params["image_id"]
        await self.world.drive(self.world.driver.delete_image, image_id)
        self.world.images.delete(image_id)

    async def _export(self, job: Job) -> None:
        image = self.world.images.get(job.params["image_id"])
        if image is None or image.path is None:
            raise JobFailed("IMG.0144", "The image does not exist.")
        with tempfile.TemporaryDirectory(dir=self.world.root) as folder:
            file = await _converted(Path(image.path), job.params["format"], Path(folder))
            try:
                await self.world.drive(self.world.objects.put_file, job.params["bucket"], job.params["key"], file)
            except Exception as error:
                raise JobFailed("IMG.0069", f"The bucket cannot be written: {error}") from error

    async def _keep(self, job: Job) -> None:
        """Restore the image after an export that failed."""


async def _converted(path: Path, file_format: str | None, folder: Path) -> Path:
    """Return the image in the requested format; a quick export and a file that is no real disk stay as they are."""
    with path.open("rb") as file:
        is_disk = file.read(4) == QCOW2_MAGIC
    if file_format in (None, "qcow2") or not is_disk or shutil.which("qemu-img") is None:
        return path
    target = folder / "exported"
    command = ["qemu-img", "convert", "-O", EXPORT_FORMATS[str(file_format)], str(path), str(target)]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    _, errors = await process.communicate()
    if process.returncode != 0:
        raise DriverError(f"the image could not be converted: {errors.decode(errors='replace').strip()}")
    return target
