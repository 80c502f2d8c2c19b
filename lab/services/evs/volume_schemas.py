"""Bodies of the disk service: checked requests, described responses."""

from typing import Any

from pydantic import Field

from lab.services.service_app import Body, Part, TolerantInt
from lab.services.shared_schemas import GatewayError


class VolumeBody(Body):
    availability_zone: str
    volume_type: str
    size: TolerantInt
    name: str = ""
    description: str = ""
    count: TolerantInt = 1
    multiattach: bool = False
    imageRef: str | None = None
    snapshot_id: str | None = None
    backup_id: str | None = None
    metadata: dict[str, str] | None = None
    tags: dict[str, str] | None = None
    enterprise_project_id: str | None = None
    iops: TolerantInt | None = None
    throughput: TolerantInt | None = None


class CreateVolumeBody(Body):
    volume: VolumeBody
    bssParam: dict[str, Any] | None = None
    server_id: str | None = None
    scheduler_hints: dict[str, Any] | None = Field(None, alias="OS-SCH-HNT:scheduler_hints")


class VolumeResponse(Part):
    volume: dict[str, Any]


class UpdateVolumeBody(Body):
    name: str | None = None
    description: str | None = None


class UpdateVolumeRequest(Body):
    volume: UpdateVolumeBody


class ExtendBody(Body):
    new_size: TolerantInt


class VolumeActionBody(Body):
    os_extend: ExtendBody = Field(alias="os-extend")
    bssParam: dict[str, Any] | None = None


class ZonesResponse(Part):
    availabilityZoneInfo: list[dict[str, Any]]


class ChangedVolume(Part):
    id: str
    name: str
    status: str
    size: int


class VolumesResponse(Part):
    count: int
    volumes: list[dict[str, Any]]


class CreatedVolumes(Part):
    job_id: str
    volume_ids: list[str]


class JobResponse(Part):
    status: str
    job_id: str
    job_type: str
    begin_time: str
    end_time: str
    error_code: str | None
    fail_reason: str | None
    entities: dict[str, Any]


class TypesResponse(Part):
    volume_types: list[dict[str, Any]]


class UsageResponse(Part):
    reserved: int
    limit: int
    in_use: int


class QuotaSet(Part):
    id: str
    volumes: UsageResponse
    gigabytes: UsageResponse


class QuotaResponse(Part):
    quota_set: QuotaSet


class ErrorBody(Part):
    code: str
    message: str


class EvsError(Part):
    error: ErrorBody


ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": EvsError, "description": "documented error"},
    **{
        status: {"model": GatewayError | EvsError, "description": "documented error"}
        for status in (401, 403, 404, 500, 503)
    },
}
