"""Bodies of the server service's requests, as they are checked."""

from typing import Any, Literal

from pydantic import Field

from lab.services.service_app import Body, TolerantInt


class NicBody(Body):
    subnet_id: str
    ip_address: str | None = None


class VolumeBody(Body):
    volumetype: str
    size: TolerantInt | None = None
    passthrough: bool = Field(False, alias="hw:passthrough")
    multiattach: bool = False
    shareable: bool | str | None = None
    delete_on_termination: bool = False
    data_image_id: str | None = None
    metadata: dict[str, str] | None = None
    cluster_type: str | None = None
    cluster_id: str | None = None
    iops: TolerantInt | None = None
    throughput: TolerantInt | None = None
    extendparam: dict[str, Any] | None = None


class IdBody(Body):
    id: str


class TagBody(Body):
    key: str
    value: str = ""


class HintsBody(Body):
    group: str | None = None
    tenancy: str | None = None
    dedicated_host_id: str | None = None


class ExtendParam(Body):
    chargingMode: int | str | None = None
    diskPrior: str | None = None
    enterprise_project_id: str | None = None
    regionID: str | None = None
    support_auto_recovery: bool | str | None = None
    marketType: str | None = None
    periodType: str | None = None
    periodNum: TolerantInt | None = None


class EipBandwidth(Body):
    size: TolerantInt | None = None
    sharetype: str
    chargemode: str | None = None
    id: str | None = None


class EipBody(Body):
    iptype: str
    bandwidth: EipBandwidth
    extendparam: dict[str, Any] | None = None


class PublicIpBody(Body):
    id: str | None = None
    eip: EipBody | None = None
    delete_on_termination: bool = False


class UpdateServerBody(Body):
    keeps_empty = ("name", "description", "user_data")
    name: str | None = None
    description: str | None = None
    hostname: str | None = None
    user_data: str | None = None
    security_options: dict[str, Any] | None = None


class UpdateServerRequest(Body):
    server: UpdateServerBody


class ServerBody(Body):
    imageRef: str
    flavorRef: str
    name: str
    vpcid: str
    nics: list[NicBody]
    root_volume: VolumeBody
    data_volumes: list[VolumeBody] | None = None
    security_groups: list[IdBody] | None = None
    availability_zone: str | None = None
    batch_create_in_multi_az: bool = False
    adminPass: str | None = None
    key_name: str | None = None
    user_data: str | None = None
    publicip: PublicIpBody | None = None
    count: int = 1
    isAutoRename: bool | None = None
    extendparam: ExtendParam | None = None
    metadata: dict[str, str] | None = None
    scheduler_hints: HintsBody | None = Field(None, alias="os:scheduler_hints")
    tags: list[str] | None = None
    server_tags: list[TagBody] | None = None
    description: str | None = None
    auto_terminate_time: str | None = None
    cpu_options: dict[str, Any] | None = None


class CreateServersBody(Body):
    dry_run: bool = False
    server: ServerBody


class DeleteServersBody(Body):
    servers: list[IdBody]
    delete_publicip: bool | None = None
    delete_volume: bool | None = None


class AutoTerminateBody(Body):
    auto_terminate_time: str


class ServerIds(Body):
    servers: list[IdBody]


class PowerOff(Body):
    type: Literal["SOFT", "HARD"] = "SOFT"
    servers: list[IdBody]


class Reboot(Body):
    type: Literal["SOFT", "HARD"]
    servers: list[IdBody]


class ActionBody(Body):
    start: ServerIds | None = Field(None, alias="os-start")
    stop: PowerOff | None = Field(None, alias="os-stop")
    reboot: Reboot | None = None


class RemoteConsole(Body):
    protocol: Literal["vnc"]
    type: Literal["novnc"]


class RemoteConsoleBody(Body):
    remote_console: RemoteConsole


class TagValues(Body):
    key: str
    values: list[str] = Field(default_factory=list)


class Match(Body):
    key: str
    value: str


class ResourceInstancesBody(Body):
    action: str
    tags: list[TagValues] | None = None
    not_tags: list[TagValues] | None = None
    matches: list[Match] | None = None
    limit: str | None = None
    offset: str | None = None


class AttachedVolume(Body):
    volumeId: str
    device: str | None = None
    volume_type: str | None = None
    count: TolerantInt | None = None
    hw_passthrough: str | None = Field(None, alias="hw:passthrough")


class AttachVolumeBody(Body):
    volumeAttachment: AttachedVolume
    dry_run: bool = False


class BlockDeviceChange(Body):
    delete_on_termination: bool


class UpdateBlockDeviceBody(Body):
    block_device: BlockDeviceChange
