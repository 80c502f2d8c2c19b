"""Elastic Cloud Server: what is sent and what comes back."""

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
        volume_type: SAS, GPSSD, SSD, ESSD and so on, as the zone has it.
        size: Size (GiB).
        delete_on_termination: For a data disk: whether it goes with the server; the cloud's default is that it stays.
    """

    volume_type: str = Field(serialization_alias="volumetype")
    size: int
    delete_on_termination: bool | None = None


class CreateServer(RequestModel):
    """
    A pay-per-use server.

    Args:
        name: Up to 64 characters: letters, digits, '_', '-', '.'.
        image_id: Image to start from.
        flavor_id: Flavor.
        vpc_id: VPC.
        subnet_ids: Networks in it, one for each network card; the id of the subnet API, not its neutron_subnet_id.
        root_volume: System disk.
        data_volumes: Data disks.
        availability_zone: Zone, or None for one that the cloud chooses.
        security_group_ids: None given: the group "default".
        metadata: Up to 10 pairs.
        disk_prior: Create the disks before the server, which a server from an ISO image needs.
        user_data: For the guest's cloud-init, up to 32 KiB.
        server_tags: Up to 10 tags.
        description: Up to 85 characters.
        enterprise_project_id: Enterprise project.
        auto_terminate_time: When the cloud deletes the server by itself: 30 minutes to 3 years ahead, in some regions
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
        """The body as POST /v1/{project_id}/cloudservers documents it."""
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
    """What a create call answers: the servers may not be there before the job has ended."""

    job_id: str
    server_ids: list[str] = Field(default_factory=list, alias="serverIds")


class ServerFault(ResponseModel):
    """Why a server is in ERROR."""

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
        """A data disk's boot index is spelled in several ways; the system disk's is always 0."""
        return self.boot_index == 0


class Server(ResponseModel):
    """
    A server.

    Attributes:
        status: BUILD, ACTIVE, SHUTOFF, ERROR and so on; one that is being stopped or deleted still shows ACTIVE.
        vm_state: active, stopped, building, error and so on.
        task_state: What is under way, or "".
        power_state: 1 running, 4 off, 0 unknown.
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
        """All disks but the system disk."""
        return [volume for volume in self.volumes if not volume.is_system]

    @property
    def is_gone(self) -> bool:
        """Whether it is deleted although still shown."""
        return self.status in ("DELETED", "SOFT_DELETED") or self.vm_state in ("deleted", "soft-delete")


class RemoteConsole(ResponseModel):
    """Address of a server's screen; it contains a one-time secret."""

    url: SecretStr


class Flavor(ResponseModel):
    """
    A flavor.

    Attributes:
        vcpus: Number of virtual processors.
        ram_mib: Memory (MiB).
        extra_specs: All other properties, as the cloud names them.
    """

    id: str
    name: Text = ""
    vcpus: Count
    ram_mib: Count = Field(alias="ram")
    extra_specs: StringMap = Field(default_factory=dict, alias="os_extra_specs")

    @property
    def performance_type(self) -> str:
        """`normal` is general computing; old flavors have another key for it."""
        return self.extra_specs.get("ecs:performancetype") or self.extra_specs.get("hws:performancetype", "")

    @property
    def virtualization(self) -> str:
        """KVM or XEN, or "" where the cloud does not say."""
        kind = self.extra_specs.get("ecs:virtualization_env_types", "")
        return {"CloudCompute": "KVM", "FusionCompute": "XEN"}.get(kind, kind)

    @property
    def generation(self) -> str:
        """For example s6."""
        return self.extra_specs.get("ecs:generation", "")

    @property
    def architecture(self) -> str:
        """x86 or arm; only arm flavors say what they are."""
        return "arm" if self.extra_specs.get("ecs:instance_architecture", "").startswith("arm") else "x86"

    def status_in(self, zone: str) -> str:
        """
        Say how the flavor is sold in a zone.

        Args:
            zone: Availability zone.

        Returns:
            normal, sellout, abandon, obt, obt_sellout or promotion.
        """
        zones = dict(re.findall(r"([\w.-]+)\((\w+)\)", self.extra_specs.get("cond:operation:az", "")))
        return str(zones.get(zone) or self.extra_specs.get("cond:operation:status") or "normal")


class BlockDevice(ResponseModel):
    """
    A disk of a server as the server's disk list has it.

    Attributes:
        size: Size (GiB).
        boot_index: 0 for the system disk.
    """

    id: str = Field(alias="volumeId")
    device: Text = ""
    size: Count = 0
    boot_index: LenientInt = Field(default=None, alias="bootIndex")
    bus: Text = ""

    @property
    def is_system(self) -> bool:
        """Whether the server starts from it."""
        return self.boot_index == 0


class Limits(ResponseModel):
    """The account's quotas for servers; -1 is no limit, memory is in MiB."""

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
        """Whether it can be used; a zone that does not say can."""
        return self.state.get("available", "true").lower() == "true"
