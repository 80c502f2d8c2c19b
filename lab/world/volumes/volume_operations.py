"""Disks: creation, deletion, attachment."""

from lab.world.identity.accounts import ZONES
from lab.world.ids import new_uuid
from lab.world.procedures import Job, Procedure, Step, SubJob
from lab.world.records import Image, Server, Volume
from lab.world.refusal import JobFailed, Refused
from lab.world.state import World
from lab.world.volumes.volume_orders import VOLUME_TYPES, VolumeOrder

MAX_DISKS = 24
"""Most disks of a server on one bus; the letters of their devices suffice for them."""
DELETABLE = ("available", "error", "error_extending", "error_restoring", "error_rollbacking")


def new_volume(world: World, order: VolumeOrder) -> Volume:
    """Return the record of a disk that is about to be created."""
    now = world.now()
    metadata = {**order.metadata, "hw:passthrough": str(order.passthrough).lower()}
    return world.volumes.save(
        Volume(
            id=new_uuid(),
            project_id=order.project_id,
            user_id=order.user_id,
            name=order.name,
            description=order.description,
            size_gib=order.size_gib,
            volume_type=order.volume_type,
            availability_zone=order.availability_zone,
            bootable=order.image is not None,
            multiattach=order.multiattach,
            delete_on_termination=order.delete_on_termination,
            image_id=_source_of(order.image),
            metadata=metadata,
            tags=order.tags,
            enterprise_project_id=order.enterprise_project_id,
            iops=order.iops,
            throughput=order.throughput,
            created_at=now,
            updated_at=now,
            visible_at=world.visible_at(),
        )
    )


def _source_of(image: Image | None) -> str | None:
    """Return the image that a disk is filled from: an ISO is not on the disk, and public images have no file here."""
    return image.id if image is not None and not image.is_iso and image.path is not None else None


def check_volume_quota(world: World, project_id: str, count: int, gib: int, codes: tuple[str, str]) -> None:
    """Check the quota for new disks by number and by size; ``codes`` are the service's codes for the two."""
    existing = world.volumes.where("project_id", project_id)
    if len(existing) + count > world.settings.quotas.volumes:
        raise Refused(codes[0], "The disk quota is used up.")
    if sum(v.size_gib for v in existing) + gib > world.settings.quotas.gigabytes:
        raise Refused(codes[1], "The disk capacity quota is used up.")


def attach(world: World, volume: Volume, server: Server, device: str, is_system_disk: bool) -> None:
    """Mark a disk as attached to a server."""
    now = world.now()
    volume.server_id, volume.device, volume.is_system_disk = server.id, device, is_system_disk
    volume.attachment_id, volume.attached_at = new_uuid(), now
    volume.status, volume.updated_at = "in-use", now
    volume.metadata.update({"attached_mode": "rw", "readonly": "False"})
    world.volumes.save(volume)


def detach(world: World, volume: Volume) -> None:
    """Mark a disk as attached to nothing."""
    volume.server_id = volume.device = volume.attachment_id = volume.attached_at = None
    volume.is_system_disk = volume.capturing = False
    volume.status, volume.updated_at = "available", world.now()
    volume.metadata.pop("attached_mode", None)
    volume.metadata.pop("readonly", None)
    world.volumes.save(volume)


def disks_of(world: World, server_id: str) -> list[Volume]:
    """Return the disks of a server, the system disk first, then by device."""
    disks = world.volumes.where("server_id", server_id)
    return sorted(disks, key=lambda v: (not v.is_system_disk, v.device or ""))


def device_name(passthrough: bool, number: int) -> str:
    """Return the device of the n-th disk: /dev/vda, /dev/vdb, ...; SCSI disks have sd names."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    suffix = letters[number] if number < 26 else letters[number // 26 - 1] + letters[number % 26]
    return f"/dev/{'sd' if passthrough else 'vd'}{suffix}"


def free_device(world: World, server: Server) -> str:
    """Return the first device name that no disk of a server has."""
    used = {(v.device or "")[-1:] for v in disks_of(world, server.id)}
    names = (device_name(False, number) for number in range(MAX_DISKS + 1))
    return next(name for name in names if name[-1] not in used)


def listed_disks(world: World, server_id: str) -> list[Volume]:
    """Return the disks of a server in the order of lists, which is a variant."""
    disks = disks_of(world, server_id)
    return disks if world.variants.system_disk_listed == "first" else disks[1:] + disks[:1]


async def destroy_volume(world: World, volume: Volume) -> None:
    await world.drive(world.driver.delete_volume, volume.id)
    world.volumes.delete(volume.id)


def own_volume(world: World, project_id: str, volume_id: str) -> Volume:
    volume = world.volumes.get(volume_id)
    if volume is None or volume.project_id != project_id:
        raise Refused("EVS.5404", "Volume could not be found.")
    return volume


def create_volumes(world: World, order: VolumeOrder, count: int, server_id: str | None = None) -> Job:
    """Create one disk or several of a kind; with a server, attach them to it."""
    _check_order(world, order, count)
    server = world.servers.get(server_id) if server_id else None
    if server_id and (server is None or server.project_id != order.project_id or server.vm_state == "deleted"):
        raise Refused("EVS.1070", "The server does not exist.")
    names = [order.name] if count == 1 else [f"{order.name}-{n:04d}" for n in range(1, count + 1)]
    volumes = [new_volume(world, VolumeOrder(**{**vars(order), "name": name})) for name in names]
    many = count > 1
    sub_jobs = [SubJob(job_type="createVolume", begin=world.now(), entities=_entities(v)) for v in volumes if many]
    return world.jobs.start(
        "evs",
        order.project_id,
        "create_volume",
        "batchCreateVolume" if many else "createVolume",
        params={"volume_ids": [v.id for v in volumes], "server_id": server_id},
        entities={} if many else _entities(volumes[0]),
        sub_jobs=sub_jobs,
    )


def _entities(volume: Volume) -> dict[str, str | int]:
    return {
        "volume_id": volume.id,
        "name": volume.name,
        "size": volume.size_gib,
        "volume_type": volume.volume_type,
    }


def _check_order(world: World, order: VolumeOrder, count: int) -> None:
    if not 1 <= count <= 100:
        raise Refused("EVS.1021", "The number of disks is invalid.")
    if not 10 <= order.size_gib <= 32768:
        raise Refused("EVS.1010", "The disk size is invalid.")
    if order.availability_zone not in ZONES:
        raise Refused("EVS.1036", "The availability zone is invalid.")
    kind = VOLUME_TYPES.get(order.volume_type)
    if kind is None:
        raise Refused("EVS.1020", "The disk type is invalid.")
    if not kind.usable_in(order.availability_zone):
        raise Refused("EVS.2071", "The disk type is not available in the zone or is sold out.")
    if (kind.needs_iops and not order.iops) or (kind.needs_throughput and not order.throughput):
        raise Refused("EVS.1070", "The disk type needs iops and throughput.")
    check_volume_quota(world, order.project_id, count, count * order.size_gib, ("EVS.1034", "EVS.1042"))


def delete_volume(world: World, project_id: str, volume_id: str) -> Job:
    """Accept the deletion of a disk that nothing uses."""
    volume = own_volume(world, project_id, volume_id)
    if volume.status not in DELETABLE:
        raise Refused("EVS.1046", f"The disk cannot be deleted in status {volume.status}.")
    volume.status = "deleting"
    world.volumes.save(volume)
    return world.jobs.start(
        "evs",
        project_id,
        "delete_volume",
        "deleteVolume",
        params={"volume_ids": [volume.id]},
        entities=_entities(volume),
    )


class VolumeWork:
    """Procedures of disks alone."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.jobs.register(
            Procedure("create_volume", "create_volume", (Step("create", self._create, 1.0),), self._undo_create),
            Procedure("delete_volume", "delete_volume", (Step("delete", self._delete, 1.0),), self._undo_delete),
        )

    def _volumes(self, job: Job) -> list[Volume]:
        found = [self.world.volumes.get(volume_id) for volume_id in job.params["volume_ids"]]
        return [v for v in found if v is not None]

    async def _create(self, job: Job) -> None:
        for volume in self._volumes(job):
            await self.world.drive(self.world.driver.create_volume, volume.id, volume.size_gib, volume.image_id)
            volume.status, volume.updated_at = "available", self.world.now()
            self.world.volumes.save(volume)
            server = self.world.servers.get(job.params.get("server_id") or "")
            if server is not None and server.vm_state != "deleted":
                attach(self.world, volume, server, free_device(self.world, server), is_system_disk=False)

    async def _undo_create(self, job: Job) -> None:
        for volume in self._volumes(job):
            volume.status = "error"
            self.world.volumes.save(volume)

    async def _delete(self, job: Job) -> None:
        volumes = self._volumes(job)
        if any(v.server_id for v in volumes):
            raise JobFailed("EVS.1046", "The disk is in use.")
        for volume in volumes:
            await destroy_volume(self.world, volume)

    async def _undo_delete(self, job: Job) -> None:
        for volume in self._volumes(job):
            volume.status = "error_deleting"
            self.world.volumes.save(volume)
