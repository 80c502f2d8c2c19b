"""Procedures that create images."""

from pathlib import Path

from lab.world.procedures import Job, Procedure, Step
from lab.world.records import Image
from lab.world.refusal import JobFailed
from lab.world.state import World


class ImageBuilding:
    """Procedures of imports and captures."""

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
            file = await self.world.drive(self.world.driver.import_file, source, image.id, job.params["format"])
            image.path, image.size_bytes, image.sha256 = str(file.path), file.size_bytes, file.sha256
            image.virtual_size_gib = file.virtual_size_gib
            if not image.is_iso and file.virtual_size_gib > image.min_disk:
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
            file = await self.world.drive(self.world.driver.capture, volume.id, image.id)
            image.path, image.size_bytes, image.sha256 = str(file.path), file.size_bytes, file.sha256
            image.virtual_size_gib = file.virtual_size_gib
            self.world.images.save(image)

    async def _activate(self, job: Job) -> None:
        now = self.world.now()
        for image in self._images(job):
            image.status, image.active_at, image.updated_at = "active", now, now
            self.world.images.save(image)
        self._end_upload(job)
        _drop_file(job)

    def _end_upload(self, job: Job) -> None:
        for _, volume_id in job.params.get("pairs", []):
            volume = self.world.volumes.get(volume_id)
            if volume is not None and volume.capturing:
                volume.capturing = False
                volume.status = "in-use" if volume.server_id else "available"
                self.world.volumes.save(volume)

    async def _undo(self, job: Job) -> None:
        self._end_upload(job)
        _drop_file(job)
        for image in self._images(job):
            await self.world.drive(self.world.driver.delete_image, image.id)
            if self.world.variants.failed_image == "killed":
                image.status, image.updated_at = "killed", self.world.now()
                self.world.images.save(image)
            else:
                self.world.images.delete(image.id)


def _drop_file(job: Job) -> None:
    """Delete the file that a caller has uploaded for an image, because the driver has a copy of its own."""
    if "upload" in job.params:
        Path(job.params["upload"]).unlink(missing_ok=True)
