"""Creation of servers: checks, and the records, which exist at once."""

import secrets

from lab.world.identity.accounts import ZONES
from lab.world.ids import new_uuid
from lab.world.network.networks import Port
from lab.world.network.public_addresses import allocate_address, bind_address, own_address
from lab.world.network.server_ports import own_port
from lab.world.procedures import Job, SubJob
from lab.world.records import Image, Nic, Server, Volume
from lab.world.refusal import Refused
from lab.world.servers.flavors import FLAVORS
from lab.world.servers.server_orders import DiskOrder, NicOrder, ServerOrder
from lab.world.servers.server_validation import check_order
from lab.world.state import World
from lab.world.volumes.volume_operations import device_name, new_volume
from lab.world.volumes.volume_orders import VOLUME_TYPES, VolumeOrder


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
    _bind_public_ip(world, server, order)
    _new_disks(world, server, order, image)
    return server


def _bind_public_ip(world: World, server: Server, order: ServerOrder) -> None:
    """Associate the server's elastic IP with its primary network interface."""
    if order.public_ip is None:
        return
    given = order.public_ip
    address = own_address(world, order.project_id, given) if isinstance(given, str) else allocate_address(world, given)
    address.delete_on_termination = order.public_ip_goes
    bind_address(world, address, own_port(world, order.project_id, server.nics[0].port_id))


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
