"""Creation of servers: the records at once, disks and machine as a job."""

import asyncio
import secrets
from pathlib import Path

from lab.drivers.interface import DriverError, Machine
from lab.world.identity.accounts import ZONES
from lab.world.ids import new_uuid
from lab.world.network.networks import Port
from lab.world.procedures import Job, Procedure, Step, SubJob
from lab.world.records import Image, Nic, Server, Volume
from lab.world.refusal import JobFailed, Refused
from lab.world.servers.flavors import FLAVORS
from lab.world.servers.server_orders import DiskOrder, NicOrder, ServerOrder
from lab.world.servers.server_validation import check_order, decode_user_data
from lab.world.state import World
from lab.world.volumes.volume_operations import (
    VOLUME_TYPES,
    VolumeOrder,
    attach,
    destroy_volume,
    device_name,
    disks_of,
    new_volume,
)


def create_servers(world: World, order: ServerOrder) -> tuple[Job, list[str]]:
    """
    Accept a request for servers.

    Returns:
        Job, and the ids that the servers will have.
    """
    image, _ = check_order(world, order)
    names = [order.name] if order.count == 1 else [f"{order.name}-{n:04d}" for n in range(1, order.count + 1)]
    servers = [_new_server(world, order, image, name, number) for number, name in enumerate(names)]
    sub_jobs = [SubJob(job_type="createSingleServer", begin=world.now(), entities={"server_id": s.id}) for s in servers]
    ids = [s.id for s in servers]
    params = {"server_ids": ids}
    job = world.jobs.start("ecs", order.project_id, "create_server", "createServer", params=params, sub_jobs=sub_jobs)
    return job, ids


def _zone(order: ServerOrder) -> str:
    if order.availability_zone:
        return order.availability_zone
    flavor = FLAVORS[order.flavor_id]
    types = [VOLUME_TYPES[d.volume_type] for d in (order.root, *order.data)]
    for zone in ZONES:
        if flavor.operation_status(zone) == "normal" and all(t.usable_in(zone) for t in types):
            return zone
    raise Refused("Ecs.0319", "No zone has capacity for the flavor and its disks.")


def _new_server(world: World, order: ServerOrder, image: Image, name: str, number: int) -> Server:
    now = world.now()
    default_group = world.network.security_groups_of(order.project_id)[0].id
    server = Server(
        id=new_uuid(),
        project_id=order.project_id,
        user_id=order.user_id,
        name=name,
        number=number,
        description=order.description,
        image_id=image.id,
        image_name=image.name,
        image_metadata=image_metadata(image),
        flavor_id=order.flavor_id,
        availability_zone=_zone(order),
        vpc_id=order.vpc_id,
        security_group_ids=list(order.security_group_ids) or [default_group],
        metadata={k: v for k, v in order.metadata.items() if k != "virtual_env_type"},
        tags=dict(order.tags),
        key_name=order.key_name,
        user_data=order.user_data,
        scheduler_hints=order.scheduler_hints,
        enterprise_project_id=order.enterprise_project_id,
        auto_terminate_time=order.auto_terminate_time,
        firmware="uefi" if image.hw_firmware_type == "uefi" else "bios",
        iso_path=image.path if image.is_iso else None,
        from_iso=image.is_iso,
        created_at=now,
        updated_at=now,
        visible_at=world.visible_at(),
        tags_visible_at=world.tags_visible_at(),
    )
    server.nics = [_new_nic(world, server, nic) for nic in order.nics]
    world.servers.save(server)
    _new_disks(world, server, order, image)
    return server


def image_metadata(image: Image) -> dict[str, str]:
    """Return the metadata that servers and disks copy from their image."""
    return {
        "id": image.id,
        "image_name": image.name,
        "__os_bit": image.os_bit,
        "__os_type": image.os_type,
        "__os_version": image.os_version,
        "__platform": image.platform,
        "__imagetype": image.imagetype,
        "__image_size": str(image.size_bytes),
        "__support_arm": str(image.architecture == "arm").lower(),
        "min_disk": str(image.min_disk),
        "min_ram": str(image.min_ram),
        "disk_format": image.disk_format,
        "container_format": "bare",
        "virtual_env_type": image.virtual_env_type,
    }


def _new_nic(world: World, server: Server, order: NicOrder) -> Nic:
    subnet = world.network.subnets[order.subnet_id]
    address = order.address or world.network.free_address(subnet)
    if address is None:
        raise Refused("Ecs.0012", "The subnet has no free address.")
    mac = "fa:16:3e:" + ":".join(f"{byte:02x}" for byte in secrets.token_bytes(3))
    port = Port(
        id=new_uuid(),
        project_id=server.project_id,
        subnet_id=subnet.id,
        server_id=server.id,
        address=address,
        mac_address=mac,
    )
    world.network.ports.save(port)
    return Nic(port_id=port.id, subnet_id=subnet.id, address=address, mac_address=mac)


def _new_disks(world: World, server: Server, order: ServerOrder, image: Image) -> None:
    size = order.root.size_gib or image.min_disk or 40
    root = _new_disk(world, server, order.root, server.name, size, image)
    root.is_system_disk = True
    root.image_metadata = server.image_metadata
    for number, disk in enumerate((order.root, *order.data)):
        volume = root
        if number:
            name = _data_disk_name(world, server, number)
            data_image = world.images.get(disk.data_image_id) if disk.data_image_id else None
            volume = _new_disk(world, server, disk, name, disk.size_gib or 10, data_image)
            volume.bootable = False
        volume.server_id, volume.device = server.id, device_name(disk.passthrough, number)
        world.volumes.save(volume)


def _data_disk_name(world: World, server: Server, number: int) -> str:
    if world.variants.data_disk_name == "unrelated":
        return f"volume-{new_uuid()[:8]}"
    return f"{server.name}-volume-{number:04d}"


def _new_disk(world: World, server: Server, disk: DiskOrder, name: str, size_gib: int, image: Image | None) -> Volume:
    return new_volume(
        world,
        VolumeOrder(
            project_id=server.project_id,
            user_id=server.user_id,
            name=name,
            size_gib=size_gib,
            volume_type=disk.volume_type,
            availability_zone=server.availability_zone,
            image=image,
            multiattach=disk.multiattach,
            passthrough=disk.passthrough,
            delete_on_termination=disk.delete_on_termination,
            metadata=disk.metadata,
            enterprise_project_id=server.enterprise_project_id,
            iops=disk.iops,
            throughput=disk.throughput,
        ),
    )


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


class ServerCreation:
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
    release_ports(world, server.id)
    world.servers.delete(server.id)


def release_ports(world: World, server_id: str) -> None:
    for port in world.network.ports.where("server_id", server_id):
        world.network.ports.delete(port.id)
