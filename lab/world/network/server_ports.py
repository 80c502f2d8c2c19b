"""Ports: the network interfaces of servers, as the network service knows them."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from lab.world.network.networks import Port
from lab.world.records import Server
from lab.world.refusal import Refused
from lab.world.state import World

PARAMETER_CODE = "VPC.2500"
"""Code of invalid parameters of a port (VPC error codes, creation of a port)."""
MISSING_CODE = "VPC.2504"
"""Not documented: the code of a port that does not exist; its status 404 is."""


@dataclass(frozen=True)
class PortQuery:
    """Filters of a list of ports; None or an empty tuple excludes no port."""

    ids: tuple[str, ...] = ()
    name: str | None = None
    network_id: str | None = None
    mac_address: str | None = None
    device_id: str | None = None
    device_owner: str | None = None
    status: str | None = None
    admin_state_up: bool | None = None
    security_groups: tuple[str, ...] = ()
    fixed_ips: tuple[str, ...] = ()


@dataclass(frozen=True)
class PortChange:
    """New values of a port; None leaves a value as it is."""

    name: str | None = None
    security_groups: list[str] | None = None
    allowed_address_pairs: list[dict[str, str]] | None = None
    extra_dhcp_opts: list[dict[str, str]] | None = None


def server_of(world: World, port: Port) -> Server | None:
    """Return the server that a port belongs to."""
    return world.servers.get(port.server_id)


def security_groups_of(world: World, port: Port) -> list[str]:
    """Return the ids of a port's security groups: its own, or those of its server."""
    if port.security_group_ids is not None:
        return port.security_group_ids
    server = server_of(world, port)
    return server.security_group_ids if server else []


def device_owner(world: World, port: Port) -> str:
    """Return the owner of the device: Nova in the zone of the server."""
    server = server_of(world, port)
    return f"compute:{server.availability_zone}" if server else ""


def port_status(world: World, port: Port) -> str:
    """Return ACTIVE for the port of a server that runs, BUILD while it is being created, otherwise DOWN."""
    server = server_of(world, port)
    if server is not None and server.vm_state == "building":
        return "BUILD"
    # Not documented: the status of the port of a server that is shut down.
    return "ACTIVE" if server is not None and server.vm_state == "active" else "DOWN"


def list_ports(world: World, project_id: str, query: PortQuery) -> list[Port]:
    """Return the ports of a project that match all filters, in order of creation."""
    return [port for port in world.network.ports.where("project_id", project_id) if _matches(world, port, query)]


def _matches(world: World, port: Port, query: PortQuery) -> bool:
    equal = (
        (query.name, port.name),
        (query.network_id, port.subnet_id),
        (query.mac_address, port.mac_address),
        (query.device_id, port.server_id),
        (query.device_owner, device_owner(world, port)),
        (query.status, port_status(world, port)),
        (query.admin_state_up, True),
    )
    subnet = world.network.subnets.get(port.subnet_id)
    places = {f"ip_address={port.address}", f"subnet_id={subnet.neutron_subnet_id if subnet else ''}"}
    return (
        all(wanted is None or wanted == value for wanted, value in equal)
        and (not query.ids or port.id in query.ids)
        and set(query.security_groups) <= set(security_groups_of(world, port))
        and set(query.fixed_ips) <= places
    )


def own_port(world: World, project_id: str, port_id: str) -> Port:
    """
    Return a port of a project.

    Raises:
        Refused: 404; there is no such port.
    """
    port = world.network.ports.get(port_id)
    if port is None or port.project_id != project_id:
        raise Refused(MISSING_CODE, f"Port {port_id[:64]} could not be found.", status=404)
    return port


def update_port(world: World, project_id: str, port_id: str, change: PortChange) -> Port:
    """Change name, security groups, address pairs or DHCP options of a port."""
    port = own_port(world, project_id, port_id)
    if change.name is not None and len(change.name) > 255:
        raise Refused(PARAMETER_CODE, "The name is longer than 255 characters.")
    if change.security_groups is not None:
        _check_groups(world, project_id, change.security_groups)
    _check_pairs(change.allowed_address_pairs or ())
    port.name = port.name if change.name is None else change.name
    if change.allowed_address_pairs is not None:
        port.allowed_address_pairs = change.allowed_address_pairs
    if change.extra_dhcp_opts is not None:
        port.extra_dhcp_opts = change.extra_dhcp_opts
    if change.security_groups is not None:
        port.security_group_ids = change.security_groups
        _refresh_server_groups(world, port)
    return world.network.ports.save(port)


def _check_groups(world: World, project_id: str, group_ids: list[str]) -> None:
    known = {group.id for group in world.network.security_groups_of(project_id)}
    if not group_ids or not set(group_ids) <= known:
        # Not documented: the code of a security group that does not exist; an empty list is documented as refused.
        raise Refused(PARAMETER_CODE, "The security groups of a port must exist and cannot be empty.")


def _check_pairs(pairs: Sequence[dict[str, str]]) -> None:
    for pair in pairs:
        try:
            network = ipaddress.ip_network(pair.get("ip_address", ""), strict=False)
        except ValueError:
            raise Refused(PARAMETER_CODE, "ip_address of an address pair is not an IP address or a block.") from None
        if pair["ip_address"] == "0.0.0.0":  # noqa: S104 (documented as refused)
            raise Refused(PARAMETER_CODE, f"{network} is not allowed in an address pair.")


def _refresh_server_groups(world: World, port: Port) -> None:
    """
    Let the server show the security groups of all its ports.

    Not documented: the security groups of a server whose ports have different ones.
    """
    server = server_of(world, port)
    if server is None:
        return
    ports = world.network.ports.where("server_id", server.id)
    before = list(server.security_group_ids)
    for other in ports:
        if other.id != port.id and other.security_group_ids is None:
            other.security_group_ids = before
            world.network.ports.save(other)
    groups = [group for each in ports for group in security_groups_of(world, each)]
    server.security_group_ids = list(dict.fromkeys(groups))
    world.servers.save(server)
