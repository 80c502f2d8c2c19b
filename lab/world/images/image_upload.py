"""Images whose file their caller uploads: metadata first, then the file (the native interface of IMS)."""

from pathlib import Path

from lab.world.ids import new_uuid
from lab.world.images.image_import import ImageOrder, new_image
from lab.world.procedures import Job
from lab.world.records import Image
from lab.world.refusal import Refused
from lab.world.state import World

UPLOAD_FORMATS = ("vhd", "zvhd", "zvhd2", "raw", "qcow2")
"""Formats of the metadata (IMS POST /v2/images)."""
MAX_UPLOAD_BYTES = 2 << 30
"""Size that an uploaded file must stay below (IMS PUT /v2/images/{image_id}/file)."""


def uploads_folder(world: World) -> Path:
    """Return the folder of files that are being uploaded, and create it if necessary."""
    folder = world.root / "compute" / "uploads"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def new_upload(world: World) -> Path:
    """Return the path of a file that is about to be uploaded."""
    path = uploads_folder(world) / new_uuid()
    path.touch(mode=0o600)
    return path


def drop_stale_uploads(world: World) -> None:
    """Delete files whose upload ended with the lab's process; those of unfinished jobs stay."""
    needed = {job.params.get("upload") for job in world.jobs.records if not job.finished}
    for path in uploads_folder(world).iterdir():
        if str(path) not in needed:
            path.unlink()


def create_metadata(world: World, order: ImageOrder, disk_format: str | None, protected: bool) -> Image:
    """Create an image without a file."""
    if disk_format is not None and disk_format not in UPLOAD_FORMATS:
        raise Refused("IMG.0001", "The disk format is invalid.")
    image = new_image(world, order, "ECS", "file")
    image.root_origin, image.disk_format = "file", disk_format or "vhd"
    image.protected, image.awaits_file = protected, True
    if not order.os_version:
        # Documented default: "Other Linux(64 bit)", which the list of systems does not have in this spelling.
        image.os_type, image.os_version, image.platform = "Linux", "Other Linux(64 bit)", "Other"
    return world.images.save(image)


def accept_file(world: World, project_id: str, image_id: str, upload: Path) -> Job:
    """Accept the file of an image; the image is active when its job has ended."""
    image = world.images.get(image_id)
    if image is None or image.project_id != project_id or not image.awaits_file or image.status != "queued":
        # Not documented: the code of a file for an image that expects none; the status 409 is.
        raise Refused("IMG.0008", "The image does not wait for a file.", status=409)
    if upload.stat().st_size == 0:
        raise Refused("IMG.0057", "The image file is empty.")
    image.awaits_file, image.status = False, "saving"
    world.images.save(image)
    params = {"image_id": image.id, "image_name": image.name, "source": str(upload), "format": image.disk_format}
    params["upload"] = str(upload)
    return world.jobs.start("ims", project_id, "import_image", "imsImportImageJob", params=params, hidden=True)
