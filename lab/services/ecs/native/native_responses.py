"""Bodies of the native interface of the server service."""

from typing import Any

from lab.services.service_app import Body, Part
from lab.services.shared_schemas import GatewayError


class KeyPairBody(Body):
    name: str
    public_key: str | None = None
    type: str | None = None
    user_id: str | None = None


class CreateKeyPairBody(Body):
    keypair: KeyPairBody


class KeyPairResponse(Part):
    keypair: dict[str, Any]


class KeyPairsResponse(Part):
    keypairs: list[KeyPairResponse]


class NativeProblem(Part):
    code: int
    message: str


class NativeError(Part):
    """Error with exactly one of these fields."""

    itemNotFound: NativeProblem | None = None
    conflictingRequest: NativeProblem | None = None
    forbidden: NativeProblem | None = None
    badRequest: NativeProblem | None = None


class NativeServersResponse(Part):
    servers: list[dict[str, Any]]
    servers_links: list[dict[str, str]] | None = None


class NativeServerResponse(Part):
    server: dict[str, Any]


class NativeInterfaceResponse(Part):
    interfaceAttachment: dict[str, Any]


class NativeInterfacesResponse(Part):
    interfaceAttachments: list[dict[str, Any]]


class NativeGroupsResponse(Part):
    security_groups: list[dict[str, Any]]


class ExtraSpecsResponse(Part):
    extra_specs: dict[str, str]


NATIVE_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": NativeError | GatewayError, "description": "error of the native interface"}
    for status in (400, 401, 403, 404, 409, 500, 503)
}
