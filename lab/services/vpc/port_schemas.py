"""Bodies of ports: checked requests, described responses."""

from typing import Any

from lab.services.service_app import Body, Part
from lab.services.shared_schemas import GatewayError
from lab.services.vpc.network_schemas import VpcError


class AddressPair(Body):
    ip_address: str
    mac_address: str | None = None


class DhcpOption(Body):
    opt_name: str
    opt_value: str


class UpdatePortBody(Body):
    """Changes of a port; an empty list of address pairs removes them all."""

    keeps_empty = ("name", "allowed_address_pairs")
    name: str | None = None
    security_groups: list[str] | None = None
    allowed_address_pairs: list[AddressPair] | None = None
    extra_dhcp_opts: list[DhcpOption] | None = None


class UpdatePortRequest(Body):
    port: UpdatePortBody


class PortResponse(Part):
    port: dict[str, Any]


class PortsResponse(Part):
    ports: list[dict[str, Any]]


class NeutronProblem(Part):
    type: str
    message: str
    detail: str


class NeutronError(Part):
    NeutronError: NeutronProblem


NATIVE_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": NeutronError | VpcError | GatewayError, "description": "error of the native interface"}
    for status in (400, 401, 403, 404, 409, 500, 503)
}
