"""Persistent records of images, servers and volumes."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from lab.record_store import Record

Tags = dict[str, str | None]
"""Tags by key; the value None marks a bare key, as the native image API sets them."""


class Image(Record):
    """Image; ``attributes`` are those that a caller may add and remove (`__support_kvm`, custom ones)."""

    project_id: str
    name: str
    description: str | None = None
    status: Literal["queued", "saving", "active", "deleted", "killed"] = "queued"
    virtual_env_type: Literal["FusionCompute", "Ironic", "DataImage", "IsoImage"]
    imagetype: Literal["private", "gold", "shared", "market"] = "private"
    disk_format: str = "zvhd2"
    min_disk: int = 0
    min_ram: int = 0
    max_ram: int | None = None
    os_type: str = "Linux"
    os_version: str = ""
    os_bit: str = "64"
    platform: str = "Other"
    architecture: Literal["x86", "arm"] = "x86"
    hw_firmware_type: str | None = None
    protected: bool = False
    awaits_file: bool = False
    tags: Tags = Field(default_factory=dict)
    attributes: dict[str, str] = Field(default_factory=dict)
    data_origin: str | None = None
    root_origin: str | None = None
    original: str = ""
    enterprise_project_id: str = "0"
    cmk_id: str | None = None
    created_at: datetime
    updated_at: datetime
    active_at: datetime | None = None
    visible_at: datetime
    tags_visible_at: datetime
    size_bytes: int = 0
    virtual_size_gib: int = 0
    sha256: str = ""
    path: str | None = None

    @property
    def is_iso(self) -> bool:
        return self.virtual_env_type == "IsoImage"


class ImageMember(Record):
    """Project that an image is shared with; the id is image id and project id."""

    image_id: str
    member_id: str
    status: Literal["pending", "accepted", "rejected"] = "pending"
    created_at: datetime
    updated_at: datetime


class Volume(Record):
    """Disk of the disk service."""

    project_id: str
    user_id: str
    name: str
    description: str = ""
    status: str = "creating"
    size_gib: int
    volume_type: str
    availability_zone: str
    bootable: bool = False
    multiattach: bool = False
    capturing: bool = False
    server_id: str | None = None
    device: str | None = None
    is_system_disk: bool = False
    delete_on_termination: bool = False
    attachment_id: str | None = None
    attached_at: datetime | None = None
    image_id: str | None = None
    image_metadata: dict[str, str] | None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    tags: dict[str, str] = Field(default_factory=dict)
    enterprise_project_id: str = "0"
    iops: int | None = None
    throughput: int | None = None
    created_at: datetime
    updated_at: datetime
    visible_at: datetime


class Nic(BaseModel):
    """Network interface of a server."""

    port_id: str
    subnet_id: str
    address: str
    mac_address: str


class Server(Record):
    """Server, whose ``vm_state`` and ``task_state`` decide its status."""

    project_id: str
    user_id: str
    name: str
    description: str = ""
    image_id: str
    image_name: str
    image_metadata: dict[str, str] = Field(default_factory=dict)
    flavor_id: str
    availability_zone: str
    vpc_id: str
    nics: list[Nic] = Field(default_factory=list)
    security_group_ids: list[str] = Field(default_factory=list)
    metadata: dict[str, str] = Field(default_factory=dict)
    tags: dict[str, str] = Field(default_factory=dict)
    key_name: str | None = None
    hostname: str = ""
    user_data: str | None = None
    scheduler_hints: dict[str, list[str]] = Field(default_factory=dict)
    enterprise_project_id: str = "0"
    auto_terminate_time: str = ""
    firmware: Literal["bios", "uefi"] = "bios"
    iso_path: str | None = None
    from_iso: bool = False
    was_started: bool = False
    vm_state: Literal["building", "active", "stopped", "error", "deleted"] = "building"
    task_state: str | None = "scheduling"
    guest_is_off: bool = False
    guest_off_at: datetime | None = None
    fault: dict[str, Any] | None = None
    locked: bool = False
    number: int = 0
    created_at: datetime
    updated_at: datetime
    launched_at: datetime | None = None
    deleted_at: datetime | None = None
    visible_at: datetime
    tags_visible_at: datetime

    @property
    def root_device(self) -> str:
        return "/dev/vda"


class PublicAddress(Record):
    """Elastic IP with a bandwidth of its own."""

    project_id: str
    address: str
    type: str
    alias: str = ""
    bandwidth_id: str
    bandwidth_name: str
    bandwidth_mbit: int
    charge_mode: str
    enterprise_project_id: str = "0"
    port_id: str | None = None
    delete_on_termination: bool = False
    created_at: datetime


class KeyPair(Record):
    """Public key of a user, whose id is its name; the private key of a generated one is never kept."""

    user_id: str
    public_key: str
    fingerprint: str
    type: str = "ssh"
    number: int
    created_at: datetime
