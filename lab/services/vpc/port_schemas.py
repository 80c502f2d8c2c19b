"""Bodies of ports: checked requests, described responses."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field

from lab.services.service_app import Body, Part
from lab.services.shared_schemas import GatewayError
from lab.services.vpc.network_schemas import VpcError
from lab.world.network.server_ports import PortQuery


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


class PortFilters(BaseModel):
    """Parameters that both lists of ports have."""

    limit: int | None = Field(default=None, ge=0, le=2**31)
    marker: str | None = None
    name: str | None = None
    admin_state_up: bool | None = None
    network_id: str | None = None
    mac_address: str | None = None
    device_id: str | None = None
    device_owner: str | None = None
    status: str | None = None
    security_groups: list[str] = Field(default_factory=list)
    fixed_ips: list[str] = Field(default_factory=list)

    def query(self, ids: Sequence[str]) -> PortQuery:
        """Return the filters for the rules; ``ids`` chooses ports by their ids."""
        same = ("name", "admin_state_up", "network_id", "mac_address", "device_id", "device_owner", "status")
        filters = {name: getattr(self, name) for name in same}
        groups, places = tuple(self.security_groups), tuple(self.fixed_ips)
        return PortQuery(ids=tuple(ids), security_groups=groups, fixed_ips=places, **filters)


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
