"""Bodies of the network service: checked requests, described responses."""

from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import Field

from lab.services.service_app import Body, Part, own_project
from lab.services.shared_schemas import GatewayError
from lab.world.identity.iam import Caller


class VpcsResponse(Part):
    vpcs: list[dict[str, Any]]


class VpcResponse(Part):
    vpc: dict[str, Any]


class SubnetsResponse(Part):
    subnets: list[dict[str, Any]]


class SubnetResponse(Part):
    subnet: dict[str, Any]


class VpcBody(Body):
    name: str = Field(default="", max_length=64)
    description: str = Field(default="", max_length=255)
    cidr: str = ""


class CreateVpcBody(Body):
    vpc: VpcBody


class UpdateVpcBody(Body):
    name: str | None = Field(default=None, max_length=64)
    description: str | None = None
    cidr: str | None = None


class UpdateVpcRequest(Body):
    vpc: UpdateVpcBody


class DnsBody(Body):
    """Name servers of a subnet: two fields of their own, or one list of all."""

    description: str | None = None
    dhcp_enable: bool | None = None
    primary_dns: str | None = None
    secondary_dns: str | None = None
    dnsList: list[str] | None = None

    def dns_list(self) -> list[str] | None:
        """Return the name servers, None if the request has none of the three fields."""
        pair = [address for address in (self.primary_dns, self.secondary_dns) if address]
        return self.dnsList if self.dnsList is not None else (pair or None)


class SubnetBody(DnsBody):
    name: str = Field(max_length=64)
    cidr: str
    gateway_ip: str
    vpc_id: str


class UpdateSubnetBody(DnsBody):
    name: str = Field(min_length=1, max_length=64)


class UpdateSubnetRequest(Body):
    subnet: UpdateSubnetBody


class SubnetStatus(Part):
    id: str
    status: str


class SubnetStatusResponse(Part):
    subnet: SubnetStatus


class TagBody(Body):
    key: str
    value: str = ""


class TagRequest(Body):
    tag: TagBody


class QuotaResource(Part):
    type: str
    used: int
    quota: int
    min: int


class QuotaResources(Part):
    resources: list[QuotaResource]


class QuotasResponse(Part):
    quotas: QuotaResources


class VpcV3Response(Part):
    request_id: str
    vpc: dict[str, Any]


class CreateSubnetBody(Body):
    subnet: SubnetBody


class GroupsResponse(Part):
    security_groups: list[dict[str, Any]]


class GroupResponse(Part):
    security_group: dict[str, Any]


class VpcError(Part):
    code: str
    message: str


ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": VpcError | GatewayError, "description": "documented error"}
    for status in (400, 401, 403, 404, 409, 500, 503)
}
NO_CONTENT: dict[int | str, dict[str, Any]] = {204: {"description": "done"}, **ERRORS}


Limit = Annotated[int | None, Query(ge=0, le=2**31)]
ProjectCaller = Annotated[Caller, Depends(own_project("VPC.0007", "The project id differs from the token's."))]
