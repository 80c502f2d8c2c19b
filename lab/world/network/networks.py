"""VPCs, subnets and security groups, which inputs refer to: fixed ones, and those that users create."""

import ipaddress
from dataclasses import dataclass

from pydantic import Field

from lab.record_store import Record, Store
from lab.settings import Settings
from lab.world.identity.accounts import PROJECTS
from lab.world.ids import fixed_uuid, new_uuid
from lab.world.refusal import Refused

PRIVATE = [ipaddress.IPv4Network(cidr) for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
"""Ranges of which a VPC is a part."""
PRIVATE_DNS = ("100.125.1.250", "100.125.21.250")
"""Name servers of subnets for which the caller named none."""


class Vpc(Record):
    project_id: str
    name: str
    cidr: str
    description: str = ""


class Subnet(Record):
    """Subnet; ``id`` is the value for `nics[].subnet_id`, ``neutron_subnet_id`` is another id."""

    project_id: str
    vpc_id: str
    name: str
    cidr: str
    gateway_ip: str
    neutron_subnet_id: str
    description: str = ""
    dhcp_enable: bool = True
    dns_list: list[str] = Field(default_factory=lambda: list(PRIVATE_DNS))


@dataclass(frozen=True)
class SubnetOrder:
    """Caller's order for a subnet; ``dns_list`` None stands for the cloud's own name servers."""

    name: str
    cidr: str
    gateway_ip: str
    description: str = ""
    dhcp_enable: bool = True
    dns_list: list[str] | None = None


@dataclass(frozen=True)
class SecurityGroup:
    id: str
    project_id: str
    name: str


class Port(Record):
    """
    Network interface of a server, with its address.

    Attributes:
        security_group_ids: Groups of this port alone; None stands for those of its server.
        allowed_address_pairs: Addresses beside its own that it may send from: pairs of IP and MAC address.
    """

    project_id: str
    subnet_id: str
    server_id: str
    address: str
    mac_address: str
    name: str = ""
    security_group_ids: list[str] | None = None
    allowed_address_pairs: list[dict[str, str]] = Field(default_factory=list)
    extra_dhcp_opts: list[dict[str, str]] = Field(default_factory=list)


class NetworkTags(Record):
    """Tags of a VPC or a subnet, whose id the record has."""

    tags: dict[str, str] = Field(default_factory=dict)


def _networks(project_id: str) -> tuple[list[Vpc], list[Subnet], list[SecurityGroup]]:
    vpcs, subnets = [], []
    for number, name in enumerate(("vpc-lab", "vpc-other")):
        vpc = Vpc(
            id=fixed_uuid(f"{project_id} {name}"), project_id=project_id, name=name, cidr=f"192.168.{number * 128}.0/17"
        )
        subnet = Subnet(
            id=fixed_uuid(f"{project_id} {name} subnet"),
            project_id=project_id,
            vpc_id=vpc.id,
            name=name.replace("vpc", "subnet"),
            cidr=f"192.168.{number * 128}.0/20",
            gateway_ip=f"192.168.{number * 128}.1",
            neutron_subnet_id=fixed_uuid(f"{project_id} {name} neutron"),
        )
        vpcs.append(vpc)
        subnets.append(subnet)
    group = SecurityGroup(fixed_uuid(f"{project_id} default group"), project_id, "default")
    return vpcs, subnets, [group]


def _range(cidr: str) -> ipaddress.IPv4Network | None:
    try:
        return ipaddress.IPv4Network(cidr)
    except ValueError:
        return None


def _is_address(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def checked_dns(addresses: list[str]) -> list[str]:
    """Return the addresses of name servers; no address at all stands for the cloud's own."""
    if not all(map(_is_address, addresses)):
        raise Refused("VPC.0201", "The address of a name server is invalid.")
    return addresses or list(PRIVATE_DNS)


def is_private(cidr: str) -> bool:
    """Return True for a CIDR block that a VPC may have, the ranges of RFC 1918 with masks up to /28."""
    network = _range(cidr)
    return network is not None and network.prefixlen <= 28 and any(network.subnet_of(own) for own in PRIVATE)


class Network:
    """Networks, and the use of addresses."""

    def __init__(self, store: Store) -> None:
        self.ports = store.collection("port", Port, "server_id", "address", "project_id")
        self.tags = store.collection("network_tags", NetworkTags)
        self._created_vpcs = store.collection("vpc", Vpc)
        self._created_subnets = store.collection("subnet", Subnet)
        networks = [_networks(p.id) for p in PROJECTS]
        fixed_vpcs = [v for vpcs, _, _ in networks for v in vpcs]
        self._fixed = {v.id for v in fixed_vpcs} | {s.id for _, subnets, _ in networks for s in subnets}
        self.vpcs: dict[str, Vpc] = {v.id: v for v in (*fixed_vpcs, *self._created_vpcs)}
        fixed_subnets = [s for _, subnets, _ in networks for s in subnets]
        self.subnets: dict[str, Subnet] = {s.id: s for s in (*fixed_subnets, *self._created_subnets)}
        self.security_groups = {g.id: g for _, _, groups in networks for g in groups}
        self._next: dict[str, int] = {}

    def vpcs_of(self, project_id: str) -> list[Vpc]:
        return [v for v in self.vpcs.values() if v.project_id == project_id]

    def subnets_of(self, project_id: str) -> list[Subnet]:
        return [s for s in self.subnets.values() if s.project_id == project_id]

    def security_groups_of(self, project_id: str) -> list[SecurityGroup]:
        return [g for g in self.security_groups.values() if g.project_id == project_id]

    def create_vpc(self, project_id: str, name: str, cidr: str, description: str, settings: Settings) -> Vpc:
        cidr = cidr or "192.168.0.0/16"
        if not is_private(cidr):
            raise Refused("VPC.0101", "The CIDR block is invalid.")
        if len(self.vpcs_of(project_id)) >= settings.quotas.vpcs:
            raise Refused("VPC.0114", "Quota exceeded for resources: ['router'].", status=409)
        vpc = Vpc(id=new_uuid(), project_id=project_id, name=name, cidr=cidr, description=description)
        return self.vpcs.setdefault(vpc.id, self._created_vpcs.save(vpc))

    def create_subnet(self, vpc: Vpc, order: SubnetOrder, settings: Settings) -> Subnet:
        network = _range(order.cidr)
        if network is None or not network.subnet_of(ipaddress.IPv4Network(vpc.cidr)):
            raise Refused("VPC.0201", "The CIDR block of the subnet must be one within that of the VPC.")
        if any(network.overlaps(ipaddress.IPv4Network(other.cidr)) for other in self.subnets_in(vpc)):
            raise Refused("VPC.0201", "The CIDR block overlaps with that of another subnet of the VPC.")
        if not _is_address(order.gateway_ip) or ipaddress.IPv4Address(order.gateway_ip) not in network:
            raise Refused("VPC.0201", "The gateway must be an address of the subnet.")
        if len(self.subnets_of(vpc.project_id)) >= settings.quotas.subnets:
            # Not documented: the code of the quota of subnets.
            raise Refused("VPC.0201", "The quota of subnets is used up.", status=409)
        subnet = Subnet(
            id=new_uuid(),
            project_id=vpc.project_id,
            vpc_id=vpc.id,
            name=order.name,
            cidr=order.cidr,
            gateway_ip=order.gateway_ip,
            neutron_subnet_id=new_uuid(),
            description=order.description,
            dhcp_enable=order.dhcp_enable,
            dns_list=checked_dns(order.dns_list or []),
        )
        return self.subnets.setdefault(subnet.id, self._created_subnets.save(subnet))

    def save_vpc(self, vpc: Vpc) -> None:
        """Store a changed VPC, also one that the lab always has."""
        self._created_vpcs.save(vpc)

    def save_subnet(self, subnet: Subnet) -> None:
        """Store a changed subnet, also one that the lab always has."""
        self._created_subnets.save(subnet)

    def tags_of(self, resource_id: str) -> dict[str, str]:
        """Return the tags of a VPC or a subnet."""
        kept = self.tags.get(resource_id)
        return kept.tags if kept else {}

    def delete_vpc(self, vpc: Vpc) -> None:
        # Not documented: the code of a VPC that has subnets, or is in use otherwise. The lab's own networks stay.
        if self.subnets_in(vpc) or vpc.id in self._fixed:
            raise Refused("VPC.0101", "The VPC has subnets.", status=409)
        self._created_vpcs.delete(vpc.id)
        self.tags.delete(vpc.id)
        del self.vpcs[vpc.id]

    def delete_subnet(self, subnet: Subnet) -> None:
        # Not documented: the code of a subnet whose addresses are in use.
        if any(port.subnet_id == subnet.id for port in self.ports) or subnet.id in self._fixed:
            raise Refused("VPC.0201", "Addresses of the subnet are in use.", status=409)
        self._created_subnets.delete(subnet.id)
        self.tags.delete(subnet.id)
        del self.subnets[subnet.id]

    def subnets_in(self, vpc: Vpc) -> list[Subnet]:
        return [subnet for subnet in self.subnets.values() if subnet.vpc_id == vpc.id]

    def address_is_free(self, subnet: Subnet, address: str) -> bool:
        used = [p for p in self.ports.where("address", address) if p.project_id == subnet.project_id]
        return not used and address != subnet.gateway_ip

    def free_address(self, subnet: Subnet) -> str | None:
        """Return an address of the subnet that nobody uses."""
        network = ipaddress.ip_network(subnet.cidr)
        size = network.num_addresses - 3
        first = self._next.get(subnet.id, 0)
        for step in range(size):
            number = (first + step) % size
            address = str(network.network_address + 2 + number)
            if self.address_is_free(subnet, address):
                self._next[subnet.id] = number + 1
                return address
        return None
