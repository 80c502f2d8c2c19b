"""Attachment of disks to servers, and their detachment."""

from lab.world.procedures import Job, Procedure, Step
from lab.world.records import Volume
from lab.world.refusal import Refused
from lab.world.servers.server_tags import tagged_server
from lab.world.state import World
from lab.world.volumes.volume_operations import MAX_DISKS, attach, detach, disks_of, free_device


def attach_volume(world: World, project_id: str, server_id: str, volume_id: str) -> Job:
    """Accept the attachment of a data disk."""
    server = tagged_server(world, project_id, server_id)
    if server.from_iso:
        raise Refused("Ecs.0100", "Disks cannot be attached to a server that was made from an ISO image.")
    if server.vm_state not in ("active", "stopped") or server.task_state is not None:
        raise Refused("Ecs.0100", "The server's state does not allow this.")
    volume = world.volumes.get(volume_id)
    if volume is None or volume.project_id != project_id or volume.status != "available":
        raise Refused("Ecs.0103", "The disk is not available.")
    if len(disks_of(world, server.id)) >= MAX_DISKS:
        raise Refused("Ecs.0104", "The server has no free slot.")
    device = free_device(world, server)
    volume.status = "attaching"
    world.volumes.save(volume)
    params = {"server_id": server.id, "volume_id": volume.id, "device": device}
    return world.jobs.start(
        "ecs", project_id, "attach_volume", "attachVolume", params=params, entities={"volume_id": volume.id}
    )


def attached_volume(world: World, project_id: str, server_id: str, volume_id: str) -> Volume:
    """Return a disk of a server, or refuse the request."""
    server = tagged_server(world, project_id, server_id)
    volume = world.volumes.get(volume_id)
    if volume is None or volume.server_id != server.id:
        raise Refused("Ecs.0111", "The disk is not attached to the server.")
    return volume


def detach_volume(world: World, project_id: str, server_id: str, volume_id: str) -> Job:
    """Accept the detachment of a data disk."""
    server = tagged_server(world, project_id, server_id)
    volume = attached_volume(world, project_id, server_id, volume_id)
    if volume.is_system_disk or volume.status != "in-use":
        raise Refused("Ecs.0103", "The disk cannot be detached.")
    volume.status = "detaching"
    world.volumes.save(volume)
    params = {"server_id": server.id, "volume_id": volume.id}
    return world.jobs.start(
        "ecs", project_id, "detach_volume", "detachVolume", params=params, entities={"volume_id": volume.id}
    )


class Attachments:
    """Procedures of attachment and detachment; a running guest sees the change after its next power-on."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.jobs.register(
            Procedure("attach_volume", "attach_volume", (Step("attach", self._attach, 1.0),), self._undo),
            Procedure("detach_volume", "detach_volume", (Step("detach", self._detach, 1.0),), self._undo),
        )

    async def _attach(self, job: Job) -> None:
        volume = self.world.volumes.get(job.params["volume_id"])
        server = self.world.servers.get(job.params["server_id"])
        if volume is not None and server is not None:
            attach(self.world, volume, server, job.params["device"], is_system_disk=False)

    async def _detach(self, job: Job) -> None:
        volume = self.world.volumes.get(job.params["volume_id"])
        if volume is not None:
            detach(self.world, volume)

    async def _undo(self, job: Job) -> None:
        volume = self.world.volumes.get(job.params["volume_id"])
        if volume is not None:
            volume.status = "in-use" if volume.server_id else "available"
            self.world.volumes.save(volume)
