"""Deletion of servers."""

from datetime import UTC, datetime, timedelta

from lab.world.network.public_addresses import release_addresses_of
from lab.world.procedures import Job, Procedure, Step, SubJob
from lab.world.records import Server, Volume
from lab.world.refusal import JobFailed, Refused
from lab.world.servers.server_building import release_ports
from lab.world.servers.server_status import find_server
from lab.world.servers.server_validation import TERMINATE_FORMAT
from lab.world.state import World
from lab.world.volumes.volume_operations import destroy_volume, detach, disks_of

MAX_BATCH = 1000


def delete_servers(
    world: World,
    project_id: str,
    server_ids: list[str],
    delete_volumes: bool | None,
    delete_addresses: bool | None = None,
) -> Job:
    """
    Accept the deletion of servers, with ``delete_volumes`` including their data disks.

    ``delete_addresses`` decides about elastic IPs: True releases them, False does not, None leaves it to their flag.
    """
    if not 1 <= len(server_ids) <= MAX_BATCH:
        raise Refused("Ecs.0118", f"1 to {MAX_BATCH} servers can be deleted at once.")
    servers = [_deletable(world, project_id, server_id) for server_id in dict.fromkeys(server_ids)]
    for server in servers:
        if server is not None:
            server.task_state, server.updated_at = "deleting", world.now()
            world.servers.save(server)
    sub_jobs = [
        # Not documented: the type of a delete job's sub-job.
        SubJob(job_type="deleteSingleVM", begin=world.now(), entities={"server_id": server_id})
        for server_id in dict.fromkeys(server_ids)
    ]
    params = {
        "server_ids": [s.id for s in servers if s],
        "delete_volumes": delete_volumes,
        "delete_addresses": delete_addresses,
        "missing": None in servers,
    }
    return world.jobs.start("ecs", project_id, "delete_server", "deleteVMs", params=params, sub_jobs=sub_jobs)


def _deletable(world: World, project_id: str, server_id: str) -> Server | None:
    server = find_server(world, project_id, server_id)
    if server is None or server.vm_state == "deleted":
        if world.variants.delete_missing_server == "job_fails":
            return None
        raise Refused(f"Ecs.{world.variants.delete_missing_server[-4:]}", "The server does not exist.")
    if server.locked:
        raise Refused("Ecs.0605", "The server is locked.")
    if server.vm_state == "building" or server.task_state == "deleting":
        raise Refused("Ecs.0100", "The server's state does not allow this.")
    capturing = any(v.capturing for v in disks_of(world, server.id))
    if capturing and world.variants.delete_during_capture == "refused":
        raise Refused("Ecs.0100", "An image is being made from the server's disk.")
    return server


def delete_expired(world: World) -> None:
    """
    Begin to delete the servers whose time is over, as far as their state allows it.

    Not documented: the deletion of data disks with such a server; here their own flag decides.
    """
    for server in world.servers:
        if _has_expired(world, server):
            try:
                delete_servers(world, server.project_id, [server.id], None)
            except Refused:
                continue  # busy: the next round tries again


def _has_expired(world: World, server: Server) -> bool:
    if not server.auto_terminate_time or server.vm_state == "deleted" or server.task_state == "deleting":
        return False
    return datetime.strptime(server.auto_terminate_time, TERMINATE_FORMAT).replace(tzinfo=UTC) <= world.now()


class ServerDeletion:
    """Procedure of a deletion: the machine, then its disks and addresses."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.jobs.register(
            Procedure(
                "delete_server",
                "delete_server",
                (Step("destroy", self._destroy, 0.6), Step("release", self._release, 0.4)),
                self._undo,
            )
        )

    def _servers(self, job: Job) -> list[Server]:
        found = [self.world.servers.get(server_id) for server_id in job.params["server_ids"]]
        return [s for s in found if s is not None and s.vm_state != "deleted"]

    async def _destroy(self, job: Job) -> None:
        for server in self._servers(job):
            await self.world.drive(self.world.driver.destroy, server.id)
            server.guest_is_off = True
            self.world.servers.save(server)

    async def _release(self, job: Job) -> None:
        for server in self._servers(job):
            await self._release_disks(job, server)
            release_addresses_of(self.world, server.id, job.params.get("delete_addresses"))
            release_ports(self.world, server.id)
            outlives = self.world.variants.server_outlives_delete_job == "yes"
            late = self.world.settings.server_outlives_s if outlives else 0.0
            server.vm_state, server.task_state = "deleted", None
            server.deleted_at = self.world.now() + timedelta(seconds=late)
            server.updated_at = self.world.now()
            self.world.servers.save(server)
        if job.params["missing"]:
            raise JobFailed("Ecs.0114", "The server does not exist.")

    async def _release_disks(self, job: Job, server: Server) -> None:
        removed = []
        for volume in disks_of(self.world, server.id):
            if self._goes_too(volume, job.params["delete_volumes"]):
                await self._remove(volume)
                removed.append(volume.id)
            else:
                detach(self.world, volume)
        for sub_job in job.sub_jobs:
            if sub_job.entities.get("server_id") == server.id:
                sub_job.entities["attached_volume_ids"] = removed

    async def _remove(self, volume: Volume) -> None:
        if self.world.variants.disks_outlive_delete_job == "no":
            await destroy_volume(self.world, volume)
            return
        detach(self.world, volume)
        volume.status = "deleting"
        self.world.volumes.save(volume)
        params = {"volume_ids": [volume.id]}
        self.world.jobs.start("evs", volume.project_id, "delete_volume", "deleteVolume", params=params, hidden=True)

    def _goes_too(self, volume: Volume, delete_volumes: bool | None) -> bool:
        if volume.is_system_disk or delete_volumes:
            return True
        own_flag = self.world.variants.delete_volume_default == "own_flag"
        return own_flag and volume.delete_on_termination

    async def _undo(self, job: Job) -> None:
        for server in self._servers(job):
            server.task_state = None
            self.world.servers.save(server)
