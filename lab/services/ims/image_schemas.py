"""Bodies of the image service: checked requests, described responses."""

from typing import Any, Literal

from pydantic import Field

from lab.services.service_app import Body, Part, TolerantInt
from lab.services.shared_schemas import BatchTag, GatewayError


class Tag(Body):
    key: str
    value: str = ""


class DataImage(Body):
    """Item of ``data_images``: a disk of a server, or a file."""

    name: str | None = None
    description: str | None = None
    volume_id: str | None = None
    image_url: str | None = None
    min_disk: TolerantInt | None = None
    is_quick_import: bool = False
    tags: list[str] | None = None
    image_tags: list[Tag] | None = None


class CreateImageBody(Body):
    """All four forms of ``POST /v2/cloudimages/action``."""

    name: str | None = None
    description: str | None = None
    tags: list[str] | None = None
    image_tags: list[Tag] | None = None
    enterprise_project_id: str | None = None
    min_ram: TolerantInt | None = None
    max_ram: TolerantInt | None = None
    image_url: str | None = None
    os_version: str | None = None
    min_disk: TolerantInt | None = None
    type: str | None = None
    os_type: str | None = None
    architecture: str | None = None
    hw_firmware_type: str | None = None
    is_config: bool = False
    is_config_init: bool = False
    is_quick_import: bool = False
    cmk_id: str | None = None
    instance_id: str | None = None
    volume_id: str | None = None
    data_images: list[DataImage] | None = None


class QuickImportBody(Body):
    name: str
    os_version: str | None = None
    image_url: str
    min_disk: TolerantInt
    type: str = "ECS"
    os_type: str | None = None
    architecture: str | None = None
    hw_firmware_type: str | None = None
    license_type: str | None = None
    description: str | None = None
    tags: list[str] | None = None
    image_tags: list[Tag] | None = None
    enterprise_project_id: str | None = None


class PatchItem(Body):
    op: Literal["add", "replace", "remove"]
    path: str
    value: str | int | bool | None = None


class SetTagBody(Body):
    tag: Tag


class BatchTagsBody(Body):
    action: str
    tags: list[BatchTag]


class DeleteTagsBody(Body):
    tags: list[BatchTag]


class OldTagBody(Body):
    image_id: str
    tag: str | None = None
    image_tag: Tag | None = None


class TagValues(Body):
    key: str = Field(min_length=1, max_length=127)
    values: list[str] = Field(default_factory=list, max_length=10)


class Match(Body):
    key: str
    value: str = ""


class ResourceInstancesBody(Body):
    action: str
    tags: list[TagValues] | None = None
    tags_any: list[TagValues] | None = None
    not_tags: list[TagValues] | None = None
    not_tags_any: list[TagValues] | None = None
    without_any_tag: bool = False
    matches: list[Match] | None = None
    limit: str | None = None
    offset: str | None = None


class ImagesResponse(Part):
    images: list[dict[str, Any]]


class JobResponse(Part):
    job_id: str
    job_type: str
    status: str
    begin_time: str
    end_time: str
    error_code: str | None
    fail_reason: str | None
    entities: dict[str, Any]


class OldTagsResponse(Part):
    tags: list[str]


class ResourcesResponse(Part):
    total_count: int
    resources: list[dict[str, Any]] | None = None


class QuotaResource(Part):
    type: str
    used: int
    quota: int
    min: int
    max: int


class QuotaResources(Part):
    resources: list[QuotaResource]


class QuotaResponse(Part):
    quotas: QuotaResources


class OsVersionEntry(Part):
    platform: str
    os_version_key: str
    os_version: str
    os_bit: int
    os_type: str


class OsPlatform(Part):
    platform: str
    version_list: list[OsVersionEntry]


class ErrorBody(Part):
    code: str
    message: str


class ImsError(Part):
    error: ErrorBody


ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": ImsError, "description": "documented error"},
    401: {"model": GatewayError, "description": "not signed in"},
    403: {"model": GatewayError, "description": "not allowed"},
    404: {"model": ImsError | GatewayError, "description": "not found"},
    500: {"model": ImsError | GatewayError, "description": "system error"},
    503: {"model": ImsError | GatewayError, "description": "unavailable"},
}
XML_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {
        "content": {"application/xml": {}, "application/json": {}},
        "description": "the service's own errors are XML, the gateway's JSON",
    }
    for status in (400, 401, 403, 404, 500, 503)
}
