"""Callers' orders for servers."""

from dataclasses import dataclass, field

from lab.world.network.public_addresses import AddressOrder


@dataclass(frozen=True)
class NicOrder:
    subnet_id: str
    address: str | None = None


@dataclass(frozen=True)
class DiskOrder:
    """Order for a disk; size in GiB, None or 0: the image's minimum (system disk only)."""

    volume_type: str
    size_gib: int | None = None
    passthrough: bool = False
    multiattach: bool = False
    delete_on_termination: bool = False
    data_image_id: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    iops: int | None = None
    throughput: int | None = None


@dataclass(frozen=True)
class ServerOrder:
    """Order for one server or several of a kind; ``public_ip`` is an order, or the id of an elastic IP that exists."""

    project_id: str
    user_id: str
    name: str
    image_id: str
    flavor_id: str
    vpc_id: str
    nics: tuple[NicOrder, ...]
    root: DiskOrder
    data: tuple[DiskOrder, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    availability_zone: str = ""
    count: int = 1
    admin_pass: str | None = None
    key_name: str | None = None
    user_data: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    tags: tuple[tuple[str, str], ...] = ()
    description: str = ""
    disk_prior: str | None = None
    charging_mode: str = "0"
    enterprise_project_id: str = "0"
    scheduler_hints: dict[str, list[str]] = field(default_factory=dict)
    auto_terminate_time: str = ""
    public_ip: AddressOrder | str | None = None
    public_ip_goes: bool = False
