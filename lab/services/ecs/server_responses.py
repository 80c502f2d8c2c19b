"""Bodies of the server service's responses, as the OpenAPI document describes them."""

from typing import Any

from lab.services.service_app import Part
from lab.services.shared_schemas import GatewayError


class CreatedServers(Part):
    job_id: str
    serverIds: list[str]


class JobResponse(Part):
    status: str
    job_id: str
    job_type: str
    begin_time: str
    end_time: str
    entities: dict[str, Any]
    error_code: str | None = None
    fail_reason: str | None = None


class ServerResponse(Part):
    server: dict[str, Any]


class ServersResponse(Part):
    servers: list[dict[str, Any]]
    count: int


class CloudServersResponse(Part):
    servers: list[dict[str, Any]]
    servers_links: list[dict[str, Any]]
    request_id: str


class ConsoleResponse(Part):
    remote_console: dict[str, str]


class ConsoleOutput(Part):
    output: str


class FlavorsResponse(Part):
    flavors: list[dict[str, Any]]


class LimitsResponse(Part):
    absolute: dict[str, Any]


class BlockDevicesResponse(Part):
    attachableQuantity: dict[str, int]
    volumeAttachments: list[dict[str, Any]]


class BlockDeviceResponse(Part):
    volumeAttachment: dict[str, Any]


class ResourcesResponse(Part):
    resources: list[dict[str, Any]]
    total_count: int


class ZonesResponse(Part):
    availabilityZoneInfo: list[dict[str, Any]]


class ZoneListResponse(Part):
    availability_zones: list[dict[str, Any]]


class InterfacesResponse(Part):
    interfaceAttachments: list[dict[str, Any]]
    attachableQuantity: dict[str, int]


class AttachmentsResponse(Part):
    volumeAttachments: list[dict[str, Any]]


class SellPoliciesResponse(Part):
    sell_policies: list[dict[str, Any]]
    count: int


class ErrorBody(Part):
    code: str
    message: str
    details: list[dict[str, str]] | None = None


class EcsError(Part):
    error: ErrorBody


ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": EcsError, "description": "documented error"},
    401: {"model": GatewayError | EcsError, "description": "not signed in"},
    403: {"model": GatewayError | EcsError, "description": "not allowed"},
    404: {"model": GatewayError | EcsError, "description": "not found"},
    409: {"model": EcsError, "description": "conflict; a variant of the client token's errors"},
    500: {"model": GatewayError | EcsError, "description": "system error"},
    501: {"model": EcsError, "description": "busy"},
    503: {"model": GatewayError | EcsError, "description": "unavailable"},
}
"""Documented statuses of errors."""


ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {"model": EcsError, "description": "Common.0024: the flow limit was exceeded, nothing was done"},
    429: {"model": GatewayError, "description": "throttled by the gateway"},
}
