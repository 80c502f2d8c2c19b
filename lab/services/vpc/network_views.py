"""JSON views of VPCs, subnets, security groups, ports and elastic IPs."""

from typing import Any

from lab.world.identity.accounts import REGION
from lab.world.network.networks import Port, SecurityGroup, Subnet, Vpc
from lab.world.network.server_ports import device_owner, port_status, security_groups_of, server_of
from lab.world.records import PublicAddress, Server
from lab.world.state import World


def show_vpc(vpc: Vpc) -> dict[str, Any]:
    return {
        "id": vpc.id,
        "name": vpc.name,
        "description": vpc.description,
        "cidr": vpc.cidr,
        "status": "OK",
        "enterprise_project_id": "0",
        "tenant_id": vpc.project_id,
        "routes": [],
        "created_at": "2026-01-01T00:00:00",
        "updated_at": "2026-01-01T00:00:00",
    }


def show_vpc_v3(world: World, vpc: Vpc) -> dict[str, Any]:
    """Return a VPC in the form of version 3, whose states and names of fields differ."""
    counts = {"virsubnet": len(world.network.subnets_in(vpc)), "routetable": 1}
    return {
        "id": vpc.id,
        "name": vpc.name,
        "description": vpc.description,
        "cidr": vpc.cidr,
        "extend_cidrs": [],
        "status": "ACTIVE",
        "project_id": vpc.project_id,
        "enterprise_project_id": "0",
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "cloud_resources": [{"resource_type": kind, "resource_count": count} for kind, count in counts.items()],
        "tags": [{"key": key, "value": value} for key, value in world.network.tags_of(vpc.id).items()],
    }


def show_subnet(subnet: Subnet) -> dict[str, Any]:
    return {
        "id": subnet.id,
        "name": subnet.name,
        "description": subnet.description,
        "cidr": subnet.cidr,
        "gateway_ip": subnet.gateway_ip,
        "ipv6_enable": False,
        "cidr_v6": None,
        "gateway_ip_v6": None,
        "dhcp_enable": subnet.dhcp_enable,
        "primary_dns": subnet.dns_list[0],
        "secondary_dns": subnet.dns_list[1] if len(subnet.dns_list) > 1 else "",
        "dnsList": subnet.dns_list,
        "availability_zone": "",
        "vpc_id": subnet.vpc_id,
        "status": "ACTIVE",
        "neutron_network_id": subnet.id,
        "neutron_subnet_id": subnet.neutron_subnet_id,
        "extra_dhcp_opts": [],
        "scope": "center",
        "tenant_id": subnet.project_id,
        "available_ip_address_count": 4000,
        "created_at": "2026-01-01T00:00:00",
        "updated_at": "2026-01-01T00:00:00",
    }


def show_group(group: SecurityGroup) -> dict[str, Any]:
    return {
        "id": group.id,
        "name": group.name,
        "description": "Default security group",
        "enterprise_project_id": "0",
        "security_group_rules": [],
    }


def show_port(world: World, port: Port) -> dict[str, Any]:
    """Return a port, with all fields that the SDK and the API reference describe for servers' ports."""
    subnet, server = world.network.subnets[port.subnet_id], server_of(world, port)
    host = f"ip-{port.address.replace('.', '-')}"
    return {
        "id": port.id,
        "name": port.name,
        "network_id": subnet.id,
        "admin_state_up": True,
        "mac_address": port.mac_address,
        "fixed_ips": [{"subnet_id": subnet.neutron_subnet_id, "ip_address": port.address}],
        "device_id": port.server_id,
        "device_owner": device_owner(world, port),
        "tenant_id": port.project_id,
        "status": port_status(world, port),
        "security_groups": security_groups_of(world, port),
        "allowed_address_pairs": port.allowed_address_pairs,
        "extra_dhcp_opts": port.extra_dhcp_opts,
        "binding:vnic_type": "normal",
        "binding:vif_details": {"primary_interface": _is_primary(server, port)},
        "binding:profile": {},
        "dns_assignment": [
            {"hostname": host, "ip_address": port.address, "fqdn": f"{host}.{REGION}.compute.internal."}
        ],
        "dns_name": host,
        "instance_id": "",
        "instance_type": "",
        "port_security_enabled": True,
        "zone_id": server.availability_zone if server else "",
        "enable_efi": False,
    }


def show_neutron_port(world: World, port: Port) -> dict[str, Any]:
    """Return a port in the form of the native interface."""
    server = server_of(world, port)
    created = server.created_at if server else world.now()
    shown = show_port(world, port)
    for name in ("instance_id", "instance_type", "zone_id", "enable_efi"):
        del shown[name]
    times = dict.fromkeys(("created_at", "updated_at"), created.strftime("%Y-%m-%dT%H:%M:%S"))
    return {**shown, "project_id": port.project_id, **times}


def _is_primary(server: Server | None, port: Port) -> bool:
    return server is not None and bool(server.nics) and server.nics[0].port_id == port.id


def show_public_address(world: World, address: PublicAddress) -> dict[str, Any]:
    """Return an elastic IP; its port and private address are shown only while it has them."""
    port = world.network.ports.get(address.port_id or "")
    bound = {"port_id": port.id, "private_ip_address": port.address} if port else {}
    return {
        "id": address.id,
        "alias": address.alias,
        "status": "ACTIVE" if port else "DOWN",
        "type": address.type,
        "public_ip_address": address.address,
        "ip_version": 4,
        "tenant_id": address.project_id,
        "enterprise_project_id": address.enterprise_project_id,
        "create_time": address.created_at.strftime("%Y-%m-%d %H:%M:%S"),
        "bandwidth_id": address.bandwidth_id,
        "bandwidth_name": address.bandwidth_name,
        "bandwidth_share_type": "PER",
        "bandwidth_size": address.bandwidth_mbit,
        "public_border_group": "center",
        "allow_share_bandwidth_types": ["bgp", "sbgp"],
        **bound,
    }


def show_bandwidth(address: PublicAddress) -> dict[str, Any]:
    """Return the bandwidth of one elastic IP."""
    return {
        "id": address.bandwidth_id,
        "name": address.bandwidth_name,
        "size": address.bandwidth_mbit,
        "share_type": "PER",
        "bandwidth_type": address.type.partition("_")[2],
        "charge_mode": address.charge_mode,
        "billing_info": "",
        "tenant_id": address.project_id,
        "enterprise_project_id": address.enterprise_project_id,
        "status": "NORMAL",
        "public_border_group": "center",
        "publicip_info": [
            {
                "publicip_id": address.id,
                "publicip_address": address.address,
                "publicip_type": address.type,
                "ip_version": 4,
            }
        ],
    }
