"""Procedure that builds accepted servers: disks, then the machine."""

import asyncio
from pathlib import Path

from lab.drivers.interface import DriverError, Machine
from lab.world.network.public_addresses import release_addresses_of
from lab.world.procedures import Job, Procedure, Step
from lab.world.records import Server
from lab.world.refusal import JobFailed
from lab.world.servers.flavors import FLAVORS
from lab.world.servers.server_validation import decode_user_data
from lab.world.state import World
from lab.world.volumes.volume_operations import attach, destroy_volume, disks_of


def machine_of(world: World, server: Server) -> Machine:
    """Return the machine of a server for the compute driver."""
    flavor = FLAVORS[server.flavor_id]
    return Machine(
        server_id=server.id,
        name=server.name,
        vcpus=flavor.vcpus,
        ram_mib=flavor.ram_mib,
        firmware=server.firmware,
        volume_ids=tuple(v.id for v in disks_of(world, server.id)),
        mac_addresses=tuple(nic.mac_address for nic in server.nics),
        iso=_iso_of(server),
        boot_from_iso=server.from_iso and not server.was_started,
        user_data=decode_user_data(server.user_data) if server.user_data else None,
    )


def _iso_of(server: Server) -> Path | None:
    # The ISO image may have been deleted since; then the drive is empty from the next power-on.
    path = Path(server.iso_path) if server.iso_path else None
    return path if path is not None and path.exists() else None


class ServerBuilding:
    """Procedure of a creation: disks, then the machine; a failure rolls back."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.jobs.register(
            Procedure(
                "create_server",
                "create_server",
                (
                    Step("create_volumes", self._create_volumes, 0.5),
                    Step("boot", self._boot, 0.4),
                    Step("finish", self._finish, 0.1),
                ),
                self._undo,
            )
        )

    def _servers(self, job: Job) -> list[Server]:
        found = [self.world.servers.get(server_id) for server_id in job.params["server_ids"]]
        return [s for s in found if s is not None]

    async def _create_volumes(self, job: Job) -> None:
        await asyncio.gather(*(self._create_disks_of(server) for server in self._servers(job)))

    async def _create_disks_of(self, server: Server) -> None:
        self._note(server, "block_device_mapping")
        for volume in disks_of(self.world, server.id):
            driver = self.world.driver
            try:
                await self.world.drive(driver.create_volume, volume.id, volume.size_gib, volume.image_id)
            except DriverError as error:
                code = "Ecs.0202" if volume.is_system_disk else "Ecs.0203"
                raise JobFailed(code, str(error)) from error
            attach(self.world, volume, server, volume.device or "", volume.is_system_disk)

    async def _boot(self, job: Job) -> None:
        await asyncio.gather(*(self._boot_one(server) for server in self._servers(job)))

    async def _boot_one(self, server: Server) -> None:
        self._note(server, "spawning")
        try:
            await self.world.drive(self.world.driver.power_on, machine_of(self.world, server))
        except DriverError as error:
            raise JobFailed("Ecs.0219", str(error)) from error

    async def _finish(self, job: Job) -> None:
        for server in self._servers(job):
            server.was_started = True
            server.vm_state, server.launched_at = "active", self.world.now()
            self._note(server, None)

    def _note(self, server: Server, task_state: str | None) -> None:
        server.task_state, server.updated_at = task_state, self.world.now()
        self.world.servers.save(server)

    async def _undo(self, job: Job) -> None:
        for server in self._servers(job):
            if job.leaves_error:
                self._leave_in_error(server, job)
            else:
                await remove_server(self.world, server)

    def _leave_in_error(self, server: Server, job: Job) -> None:
        server.vm_state, server.task_state = "error", None
        server.fault = {
            "code": 500,
            "message": job.fail_reason or "",
            "details": "",
            "created": self.world.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        self.world.servers.save(server)


async def remove_server(world: World, server: Server) -> None:
    """Delete a server, its disks and its ports without a trace."""
    await world.drive(world.driver.destroy, server.id)
    for volume in world.volumes.where("server_id", server.id):
        await destroy_volume(world, volume)
    release_addresses_of(world, server.id, None)
    release_ports(world, server.id)
    world.servers.delete(server.id)


def release_ports(world: World, server_id: str) -> None:
    for port in world.network.ports.where("server_id", server_id):
        world.network.ports.delete(port.id)
