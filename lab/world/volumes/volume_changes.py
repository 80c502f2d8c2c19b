"""Changes of disks: name and description at once, the size by a job."""

import re

from lab.world.procedures import Job, Procedure, Step
from lab.world.records import Volume
from lab.world.refusal import JobFailed, Refused
from lab.world.state import World
from lab.world.volumes.volume_operations import own_volume

MAX_TEXT_BYTES = 255
MAX_GIB = {True: 1024, False: 32768}
"""Largest size of a system disk (True) and of a data disk."""
MAX_TAGS = 20
_TAG_KEY = re.compile(r"[A-Za-z0-9_\-\u4e00-\u9fff]{1,36}")
_TAG_VALUE = re.compile(r"[A-Za-z0-9._\-\u4e00-\u9fff]{0,43}")
EXTENDABLE = ("available", "in-use")


def update_volume(world: World, project_id: str, volume_id: str, name: str | None, description: str | None) -> Volume:
    """Change name or description of a disk (EVS PUT /v2/{project_id}/cloudvolumes/{volume_id})."""
    volume = own_volume(world, project_id, volume_id)
    if name is None and description is None:
        raise Refused("EVS.5400", "name or description is required.")
    if any(len((text or "").encode()) > MAX_TEXT_BYTES for text in (name, description)):
        raise Refused("EVS.5400", "The name or the description is too long.")
    volume.name = volume.name if name is None else name
    volume.description = volume.description if description is None else description
    volume.updated_at = world.now()
    return world.volumes.save(volume)


def add_volume_tags(world: World, project_id: str, volume_id: str, tags: dict[str, str]) -> None:
    """Add tags to a disk, or change them (EVS POST /v2/{project_id}/cloudvolumes/{volume_id}/tags/action)."""
    volume = own_volume(world, project_id, volume_id)
    merged = {**volume.tags, **tags}
    for key, value in tags.items():
        if not _TAG_KEY.fullmatch(key):
            raise Refused("EVS.1061", "A tag key is invalid.")
        if not _TAG_VALUE.fullmatch(value):
            raise Refused("EVS.1062", "A tag value is invalid.")
    if len(merged) > MAX_TAGS:
        # Not documented: the code of too many tags.
        raise Refused("EVS.1061", f"A disk has at most {MAX_TAGS} tags.")
    volume.tags = merged
    world.volumes.save(volume)


def remove_volume_tags(world: World, project_id: str, volume_id: str, keys: list[str]) -> None:
    """Remove tags from a disk; a missing one is fine."""
    volume = own_volume(world, project_id, volume_id)
    volume.tags = {key: value for key, value in volume.tags.items() if key not in keys}
    world.volumes.save(volume)


def extend_volume(world: World, project_id: str, volume_id: str, new_gib: int) -> Job:
    """Accept the extension of a disk (EVS POST /v2.1/{project_id}/cloudvolumes/{volume_id}/action)."""
    volume = own_volume(world, project_id, volume_id)
    if volume.status not in EXTENDABLE or volume.capturing:
        # Not documented: the code of an extension that the status of the disk does not allow.
        raise Refused("EVS.5400", f"The disk cannot be extended in status {volume.status}.")
    if not volume.size_gib < new_gib <= MAX_GIB[volume.is_system_disk]:
        raise Refused("EVS.1010", "The new size must be more than the old one and at most the largest size of a disk.")
    used = sum(each.size_gib for each in world.volumes.where("project_id", project_id))
    if used - volume.size_gib + new_gib > world.settings.quotas.gigabytes:
        raise Refused("EVS.1042", "The disk capacity quota is used up.")
    params = {"volume_id": volume.id, "size_gib": new_gib, "status": volume.status}
    volume.status = "extending"
    world.volumes.save(volume)
    entities = {"volume_id": volume.id, "name": volume.name, "size": new_gib, "volume_type": volume.volume_type}
    return world.jobs.start("evs", project_id, "extend_volume", "extendVolume", params=params, entities=entities)


class VolumeExtension:
    """Procedure of an extension, also while a machine uses the disk."""

    def __init__(self, world: World) -> None:
        self.world = world
        step = Step("extend", self._extend, 1.0)
        world.jobs.register(Procedure("extend_volume", "extend_volume", (step,), self._undo))

    async def _extend(self, job: Job) -> None:
        volume = self.world.volumes.get(job.params["volume_id"])
        if volume is None:
            # Not documented: the code of a job whose disk was deleted meanwhile.
            raise JobFailed("EVS.5404", "Volume could not be found.")
        await self.world.drive(self.world.driver.extend_volume, volume.id, job.params["size_gib"])
        volume.size_gib = job.params["size_gib"]
        self._settle(volume, job)

    async def _undo(self, job: Job) -> None:
        volume = self.world.volumes.get(job.params["volume_id"])
        if volume is not None:
            volume.status = "error_extending"
            self.world.volumes.save(volume)

    def _settle(self, volume: Volume, job: Job) -> None:
        """Restore the disk's status, unless its server was deleted meanwhile, which detaches it."""
        if volume.status == "extending":
            volume.status = "in-use" if volume.server_id else "available"
        volume.updated_at = self.world.now()
        self.world.volumes.save(volume)
