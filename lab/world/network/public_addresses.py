"""Elastic IP addresses: allocation, association with ports, release."""

import ipaddress
from dataclasses import dataclass

from lab.world.ids import new_uuid
from lab.world.network.networks import Port
from lab.world.records import PublicAddress
from lab.world.refusal import Refused
from lab.world.state import World

POOL = ipaddress.IPv4Network("203.0.113.0/24")
"""Addresses that no network uses (RFC 5737)."""
TYPES = ("5_telcom", "5_union", "5_bgp", "5_sbgp")
MISSING = ("VPC.0504", "Floating IP could not be found.")


@dataclass(frozen=True)
class AddressOrder:
    """Order for an elastic IP with a bandwidth of its own."""

    project_id: str
    type: str
    bandwidth_mbit: int
    bandwidth_name: str = ""
    charge_mode: str = "bandwidth"
    alias: str = ""
    address: str | None = None
    enterprise_project_id: str = "0"


def check_address_order(world: World, order: AddressOrder) -> str:
    """Return the address that an order gets, or refuse the order (EIP POST /v1/{project_id}/publicips)."""
    if order.type not in TYPES:
        raise Refused("VPC.0501", "The type of the elastic IP is invalid.")
    if not 1 <= order.bandwidth_mbit <= 2000:
        raise Refused("VPC.0301", "The size of the bandwidth is invalid.")
    if order.charge_mode not in ("bandwidth", "traffic"):
        raise Refused("VPC.0301", "The charge mode of the bandwidth is invalid.")
    used = {each.address for each in world.public_addresses}
    own = len(world.public_addresses.where("project_id", order.project_id))
    if own >= world.settings.quotas.public_ips:
        raise Refused("VPC.0521", "The quota of elastic IPs is used up.", status=409)
    if order.address:
        free = order.address not in used and order.address in {str(host) for host in POOL.hosts()}
        if not free:
            raise Refused("VPC.0501", "The address is in use or not in the pool.")
        return order.address
    found = next((str(host) for host in POOL.hosts() if str(host) not in used), None)
    if found is None:
        raise Refused("VPC.0532", "The pool has no free address.", status=409)
    return found


def allocate_address(world: World, order: AddressOrder) -> PublicAddress:
    """Allocate an elastic IP."""
    address = check_address_order(world, order)
    return world.public_addresses.save(
        PublicAddress(
            id=new_uuid(),
            project_id=order.project_id,
            address=address,
            type=order.type,
            alias=order.alias,
            bandwidth_id=new_uuid(),
            bandwidth_name=order.bandwidth_name or f"bandwidth-{address}",
            bandwidth_mbit=order.bandwidth_mbit,
            charge_mode=order.charge_mode,
            enterprise_project_id=order.enterprise_project_id,
            created_at=world.now(),
        )
    )


def own_address(world: World, project_id: str, address_id: str) -> PublicAddress:
    """
    Return an elastic IP of a project.

    Raises:
        Refused: 404; there is no such address.
    """
    found = world.public_addresses.get(address_id)
    if found is None or found.project_id != project_id:
        raise Refused(*MISSING)
    return found


def bind_address(world: World, address: PublicAddress, port: Port) -> None:
    """Associate an elastic IP with a port."""
    if address.port_id is not None:
        raise Refused("VPC.0510", "The elastic IP is already associated.", status=409)
    if world.public_addresses.where("port_id", port.id):
        raise Refused("VPC.0511", "The port already has an elastic IP.", status=409)
    address.port_id = port.id
    world.public_addresses.save(address)


def unbind_address(world: World, address: PublicAddress) -> None:
    """Separate an elastic IP from its port; one without a port is fine."""
    address.port_id = None
    world.public_addresses.save(address)


def release_address(world: World, address: PublicAddress) -> None:
    """Give an elastic IP back, which must not be associated."""
    if address.port_id is not None:
        raise Refused("VPC.0517", "The elastic IP is associated with a port.", status=409)
    world.public_addresses.delete(address.id)


def check_binding(world: World, project_id: str, address_id: str) -> None:
    """Check that a new server may get an elastic IP that exists already: it must be associated with nothing."""
    address = world.public_addresses.get(address_id)
    if address is None or address.project_id != project_id or address.port_id is not None:
        # Not documented: the code of an elastic IP that does not exist or is in use.
        raise Refused("Ecs.0005", "The elastic IP does not exist or is associated.", (("Ecs.0210", "floating IP"),))


def release_addresses_of(world: World, server_id: str, delete: bool | None) -> None:
    """
    Separate the elastic IPs of a server that is being deleted, and release them if they go with it.

    ``delete`` None leaves the decision to the flag that an address got when its server was created.
    """
    for port in world.network.ports.where("server_id", server_id):
        for address in world.public_addresses.where("port_id", port.id):
            goes = address.delete_on_termination if delete is None else delete
            unbind_address(world, address)
            if goes:
                release_address(world, address)
