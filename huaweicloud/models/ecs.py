"""Elastic Cloud Server: models of requests and responses."""

import base64
import re
from datetime import UTC, datetime
from typing import Any

from pydantic import Field, SecretStr, model_validator

from huaweicloud.models.fields import Count, LenientBool, LenientInt, Moment, StringMap, Tags, Text
from huaweicloud.models.tags import tag_list
from huaweicloud.service import RequestModel, ResponseModel


class Volume(RequestModel):
    """
    A disk to create with a server.

    Args:
        volume_type: Disk type that the zone offers: SAS, GPSSD, SSD, ESSD and so on.
        size: Size (GiB).
        delete_on_termination: Whether a data disk is deleted with the server; the cloud's default is that it stays.
    """

    volume_type: str = Field(serialization_alias="volumetype")
    size: int
    delete_on_termination: bool | None = None


class CreateServer(RequestModel):
    """
    A pay-per-use server.

    Args:
        name: Name of up to 64 characters: letters, digits, '_', '-', '.'.
        image_id: Id of the image to start from.
        flavor_id: Id of the flavor.
        vpc_id: Id of the VPC.
        subnet_ids: Ids of subnets of the VPC, one for each network card: the id of the subnet API, not its
            neutron_subnet_id.
        root_volume: System disk.
        data_volumes: Data disks.
        availability_zone: Availability zone, or None for the cloud's choice.
        security_group_ids: Ids of security groups; empty selects the group "default".
        metadata: Metadata of up to 10 pairs.
        disk_prior: Whether to create the disks before the server, as a server from an ISO image requires.
        user_data: Data for the guest's cloud-init, up to 32 KiB.
        server_tags: Tags, up to 10.
        description: Description of up to 85 characters.
        enterprise_project_id: Id of the enterprise project.
        auto_terminate_time: Time at which the cloud deletes the server: 30 minutes to 3 years ahead, in some regions
            only.
    """

    name: str
    image_id: str
    flavor_id: str
    vpc_id: str
    subnet_ids: list[str]
    root_volume: Volume
    data_volumes: list[Volume] = Field(default_factory=list)
    availability_zone: str | None = None
    security_group_ids: list[str] = Field(default_factory=list)
    metadata: dict[str, str] = Field(default_factory=dict)
    disk_prior: bool = False
    user_data: bytes | None = None
    server_tags: dict[str, str] = Field(default_factory=dict)
    description: str | None = None
    enterprise_project_id: str | None = None
    auto_terminate_time: datetime | None = None

    def body(self) -> dict[str, Any]:
        """Return the body as POST /v1/{project_id}/cloudservers documents it."""
        extras: dict[str, str] = {}
        if self.disk_prior:
            extras["diskPrior"] = "true"
        if self.enterprise_project_id:
            extras["enterprise_project_id"] = self.enterprise_project_id
        server: dict[str, Any] = {
            "name": self.name,
            "imageRef": self.image_id,
            "flavorRef": self.flavor_id,
            "vpcid": self.vpc_id,
            "nics": [{"subnet_id": subnet_id} for subnet_id in self.subnet_ids],
            "root_volume": self.root_volume.body(),
            "data_volumes": [volume.body() for volume in self.data_volumes],
            "availability_zone": self.availability_zone,
            "security_groups": [{"id": group_id} for group_id in self.security_group_ids],
            "metadata": self.metadata,
            "extendparam": extras,
            "user_data": base64.b64encode(self.user_data).decode() if self.user_data else None,
            "server_tags": tag_list(self.server_tags),
            "description": self.description,
            "auto_terminate_time": _moment(self.auto_terminate_time),
        }
        return {"server": {name: value for name, value in server.items() if value not in (None, [], {}, "")}}


def _moment(value: datetime | None) -> str | None:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


class CreatedServer(ResponseModel):
    """Response to a creation: the servers may not exist before the job has ended."""

    job_id: str
    server_ids: list[str] = Field(default_factory=list, alias="serverIds")


class ServerFault(ResponseModel):
    """Reason of a server's state ERROR."""

    code: LenientInt = None
    message: Text = ""
    created: Moment = None


class AttachedVolume(ResponseModel):
    """
    A disk of a server.

    Attributes:
        is_system: Whether the server starts from it (boot index 0).
    """

    id: str
    device: Text = ""
    boot_index: LenientInt = Field(default=None, alias="bootIndex")
    delete_on_termination: LenientBool = False

    @property
    def is_system(self) -> bool:
        """Return True for the system disk: its boot index is always 0, a data disk's has several spellings."""
        return self.boot_index == 0


class Server(ResponseModel):
    """
    A server.

    Attributes:
        status: State: BUILD, ACTIVE, SHUTOFF, ERROR and so on. A server that is being stopped or deleted is still
            ACTIVE.
        vm_state: State of the virtual machine: active, stopped, building, error and so on.
        task_state: Task in progress, or "".
        power_state: Power state: 1 running, 4 off, 0 unknown.
        networks: Addresses by network.
    """

    id: str
    name: Text = ""
    status: Text = ""
    vm_state: Text = Field(default="", alias="OS-EXT-STS:vm_state")
    task_state: Text = Field(default="", alias="OS-EXT-STS:task_state")
    power_state: LenientInt = Field(default=None, alias="OS-EXT-STS:power_state")
    fault: ServerFault | None = None
    volumes: list[AttachedVolume] = Field(default_factory=list, alias="os-extended-volumes:volumes_attached")
    tags: Tags = Field(default_factory=dict)
    metadata: StringMap = Field(default_factory=dict)
    image_id: Text = ""
    flavor_id: Text = ""
    created: Moment = None
    updated: Moment = None
    description: Text = ""
    availability_zone: Text = Field(default="", alias="OS-EXT-AZ:availability_zone")
    root_device_name: Text = Field(default="", alias="OS-EXT-SRV-ATTR:root_device_name")
    auto_terminate_time: Moment = None
    enterprise_project_id: Text = ""
    networks: dict[str, list[StringMap]] = Field(default_factory=dict, alias="addresses")

    @model_validator(mode="before")
    @classmethod
    def _flatten(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        server = {name: item for name, item in value.items() if item is not None}
        for kind in ("image", "flavor"):
            if isinstance(value.get(kind), dict):
                server[f"{kind}_id"] = value[kind].get("id")
        return server

    @property
    def data_volumes(self) -> list[AttachedVolume]:
        """Return all disks except the system disk."""
        return [volume for volume in self.volumes if not volume.is_system]

    @property
    def addresses(self) -> list[str]:
        """Return all addresses, elastic ones among them."""
        return [found["addr"] for network in self.networks.values() for found in network if found.get("addr")]

    @property
    def is_gone(self) -> bool:
        """Return True if the server is deleted although it is still listed."""
        return self.status in ("DELETED", "SOFT_DELETED") or self.vm_state in ("deleted", "soft-delete")


class RemoteConsole(ResponseModel):
    """Address of a server's screen, which contains a one-time secret."""

    url: SecretStr


class Flavor(ResponseModel):
    """
    A flavor.

    Attributes:
        vcpus: Number of virtual processors.
        ram_mib: Memory (MiB).
        extra_specs: All other properties, by the cloud's names.
    """

    id: str
    name: Text = ""
    vcpus: Count
    ram_mib: Count = Field(alias="ram")
    extra_specs: StringMap = Field(default_factory=dict, alias="os_extra_specs")

    @property
    def performance_type(self) -> str:
        """Return the performance type: `normal` is general computing; old flavors have another key for it."""
        return self.extra_specs.get("ecs:performancetype") or self.extra_specs.get("hws:performancetype", "")

    @property
    def virtualization(self) -> str:
        """Return KVM or XEN, or "" if the cloud does not report it."""
        kind = self.extra_specs.get("ecs:virtualization_env_types", "")
        return {"CloudCompute": "KVM", "FusionCompute": "XEN"}.get(kind, kind)

    @property
    def generation(self) -> str:
        """Return the generation, for example s6."""
        return self.extra_specs.get("ecs:generation", "")

    @property
    def architecture(self) -> str:
        """Return x86 or arm; only arm flavors have a property for it."""
        return "arm" if self.extra_specs.get("ecs:instance_architecture", "").startswith("arm") else "x86"

    def status_in(self, zone: str) -> str:
        """
        Return the sales status of the flavor in a zone.

        Args:
            zone: Name of the availability zone.

        Returns:
            Status normal, sellout, abandon, obt, obt_sellout or promotion.
        """
        zones = dict(re.findall(r"([\w.-]+)\((\w+)\)", self.extra_specs.get("cond:operation:az", "")))
        return str(zones.get(zone) or self.extra_specs.get("cond:operation:status") or "normal")


class BlockDevice(ResponseModel):
    """
    A disk in the disk list of a server.

    Attributes:
        size: Size (GiB).
        boot_index: Boot index, 0 for the system disk.
    """

    id: str = Field(alias="volumeId")
    device: Text = ""
    size: Count = 0
    boot_index: LenientInt = Field(default=None, alias="bootIndex")
    bus: Text = ""

    @property
    def is_system(self) -> bool:
        """Return True if the server starts from the disk."""
        return self.boot_index == 0


class Limits(ResponseModel):
    """Server quotas of the account; -1 is no limit, memory is in MiB."""

    max_instances: Count = Field(default=-1, alias="maxTotalInstances")
    used_instances: Count = Field(default=0, alias="totalInstancesUsed")
    max_cores: Count = Field(default=-1, alias="maxTotalCores")
    used_cores: Count = Field(default=0, alias="totalCoresUsed")
    max_ram_mib: Count = Field(default=-1, alias="maxTotalRAMSize")
    used_ram_mib: Count = Field(default=0, alias="totalRAMUsed")


class Zone(ResponseModel):
    """An availability zone."""

    name: str = Field(alias="zoneName")
    state: StringMap = Field(default_factory=dict, alias="zoneState")

    @property
    def is_available(self) -> bool:
        """Return True if the zone can be used; a zone without a state can."""
        return self.state.get("available", "true").lower() == "true"
