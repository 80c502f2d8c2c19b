"""Fixed VPCs, subnets and security groups, which inputs refer to."""

import ipaddress
from dataclasses import dataclass

from lab.record_store import Record, Store
from lab.world.identity.accounts import PROJECTS
from lab.world.ids import fixed_uuid


@dataclass(frozen=True)
class Vpc:
    id: str
    project_id: str
    name: str
    cidr: str


@dataclass(frozen=True)
class Subnet:
    """Subnet; ``id`` is the value for `nics[].subnet_id`, ``neutron_subnet_id`` is another id."""

    id: str
    project_id: str
    vpc_id: str
    name: str
    cidr: str
    gateway_ip: str
    neutron_subnet_id: str


@dataclass(frozen=True)
class SecurityGroup:
    id: str
    project_id: str
    name: str


class Port(Record):
    """Address in use."""

    project_id: str
    subnet_id: str
    server_id: str
    address: str
    mac_address: str


def _networks(project_id: str) -> tuple[list[Vpc], list[Subnet], list[SecurityGroup]]:
    vpcs, subnets = [], []
    for number, name in enumerate(("vpc-lab", "vpc-other")):
        vpc = Vpc(fixed_uuid(f"{project_id} {name}"), project_id, name, f"192.168.{number * 128}.0/17")
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


class Network:
    """Look-ups of networks, and the use of addresses."""

    def __init__(self, store: Store) -> None:
        self.ports = store.collection("port", Port, "server_id", "address")
        networks = [_networks(p.id) for p in PROJECTS]
        self.vpcs = {v.id: v for vpcs, _, _ in networks for v in vpcs}
        self.subnets = {s.id: s for _, subnets, _ in networks for s in subnets}
        self.security_groups = {g.id: g for _, _, groups in networks for g in groups}
        self._next: dict[str, int] = {}

    def vpcs_of(self, project_id: str) -> list[Vpc]:
        return [v for v in self.vpcs.values() if v.project_id == project_id]

    def subnets_of(self, project_id: str) -> list[Subnet]:
        return [s for s in self.subnets.values() if s.project_id == project_id]

    def security_groups_of(self, project_id: str) -> list[SecurityGroup]:
        return [g for g in self.security_groups.values() if g.project_id == project_id]

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
