"""The network service's application: VPCs and subnets, and look-ups of security groups."""

from collections.abc import Sequence
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import Depends, FastAPI, Query
from fastapi.exceptions import RequestValidationError
from pydantic import Field
from starlette.responses import JSONResponse, Response

from lab.services.error_shapes import flat_error
from lab.services.grants import require_enterprise_project
from lab.services.service_app import Body, Part, as_json, first_problem, own_project, service_app
from lab.services.shared_schemas import GatewayError
from lab.world.identity.iam import Caller
from lab.world.ids import is_uuid
from lab.world.network.networks import SecurityGroup, Subnet, Vpc, is_private
from lab.world.refusal import Refused
from lab.world.state import World


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
    cidr: str = ""


class CreateVpcBody(Body):
    vpc: VpcBody


class SubnetBody(Body):
    name: str = Field(max_length=64)
    cidr: str
    gateway_ip: str
    vpc_id: str


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


class HasId(Protocol):
    @property
    def id(self) -> str: ...


Resource = TypeVar("Resource", bound=HasId)
Limit = Annotated[int | None, Query(ge=0, le=2**31)]
ProjectCaller = Annotated[Caller, Depends(own_project("VPC.0007", "The project id differs from the token's."))]


def create_app(world: World) -> FastAPI:
    """Return the VPC application."""
    app = service_app("VPC", world, lambda path: flat_error, _explain)
    _add_vpcs(app, world)
    _add_subnets(app, world)
    _add_security_groups(app, world)
    return app


def _add_vpcs(app: FastAPI, world: World) -> None:
    @app.get("/v1/{project_id}/vpcs", responses={200: {"model": VpcsResponse}, **ERRORS})
    async def list_vpcs(
        caller: ProjectCaller,
        limit: Limit = None,
        marker: str | None = None,
        id: str | None = None,
        enterprise_project_id: str | None = None,
    ) -> JSONResponse:
        require_enterprise_project(world, "vpc:vpcs:list", enterprise_project_id)
        found = [v for v in world.network.vpcs_of(caller.project_id) if id in (None, v.id)]
        return as_json({"vpcs": [_vpc(v) for v in _page(found, marker, limit)]})

    @app.get("/v1/{project_id}/vpcs/{vpc_id}", responses={200: {"model": VpcResponse}, **ERRORS})
    async def show_vpc(vpc_id: str, caller: ProjectCaller) -> JSONResponse:
        found = _one(world.network.vpcs_of(caller.project_id), vpc_id, "VPC.0101", "VPC.0105")
        return as_json({"vpc": _vpc(found)})

    @app.post("/v1/{project_id}/vpcs", responses={200: {"model": VpcResponse}, **ERRORS})
    async def create_vpc(body: CreateVpcBody, caller: ProjectCaller) -> JSONResponse:
        cidr = body.vpc.cidr or "192.168.0.0/16"
        if not is_private(cidr):
            raise Refused("VPC.0101", "The CIDR block is invalid.")
        return as_json({"vpc": _vpc(world.network.create_vpc(caller.project_id, body.vpc.name, cidr))})

    @app.delete("/v1/{project_id}/vpcs/{vpc_id}", status_code=204, responses=NO_CONTENT)
    async def delete_vpc(vpc_id: str, caller: ProjectCaller) -> Response:
        world.network.delete_vpc(_one(world.network.vpcs_of(caller.project_id), vpc_id, "VPC.0101", "VPC.0105"))
        return Response(status_code=204)


def _add_subnets(app: FastAPI, world: World) -> None:
    @app.get("/v1/{project_id}/subnets", responses={200: {"model": SubnetsResponse}, **ERRORS})
    async def list_subnets(
        caller: ProjectCaller, limit: Limit = None, marker: str | None = None, vpc_id: str | None = None
    ) -> JSONResponse:
        require_enterprise_project(world, "vpc:subnets:get", vpc_id)
        found = [s for s in world.network.subnets_of(caller.project_id) if vpc_id in (None, s.vpc_id)]
        return as_json({"subnets": [_subnet(s) for s in _page(found, marker, limit)]})

    @app.get("/v1/{project_id}/subnets/{subnet_id}", responses={200: {"model": SubnetResponse}, **ERRORS})
    async def show_subnet(subnet_id: str, caller: ProjectCaller) -> JSONResponse:
        found = _one(world.network.subnets_of(caller.project_id), subnet_id, "VPC.0201", "VPC.0202")
        return as_json({"subnet": _subnet(found)})

    @app.post("/v1/{project_id}/subnets", responses={200: {"model": SubnetResponse}, **ERRORS})
    async def create_subnet(body: CreateSubnetBody, caller: ProjectCaller) -> JSONResponse:
        order = body.subnet
        vpc = _one(world.network.vpcs_of(caller.project_id), order.vpc_id, "VPC.0101", "VPC.0105")
        return as_json({"subnet": _subnet(world.network.create_subnet(vpc, order.name, order.cidr, order.gateway_ip))})

    @app.delete("/v1/{project_id}/vpcs/{vpc_id}/subnets/{subnet_id}", status_code=204, responses=NO_CONTENT)
    async def delete_subnet(vpc_id: str, subnet_id: str, caller: ProjectCaller) -> Response:
        own = [s for s in world.network.subnets_of(caller.project_id) if s.vpc_id == vpc_id]
        world.network.delete_subnet(_one(own, subnet_id, "VPC.0201", "VPC.0202"))
        return Response(status_code=204)


def _add_security_groups(app: FastAPI, world: World) -> None:
    @app.get("/v1/{project_id}/security-groups", responses={200: {"model": GroupsResponse}, **ERRORS})
    async def list_security_groups(
        caller: ProjectCaller,
        limit: Limit = None,
        marker: str | None = None,
        vpc_id: str | None = None,
        enterprise_project_id: str | None = None,
    ) -> JSONResponse:
        require_enterprise_project(world, "vpc:securityGroups:get", enterprise_project_id)
        # A group does not belong to a VPC, so vpc_id filters nothing.
        found = world.network.security_groups_of(caller.project_id)
        return as_json({"security_groups": [_group(g) for g in _page(found, marker, limit)]})

    @app.get("/v1/{project_id}/security-groups/{group_id}", responses={200: {"model": GroupResponse}, **ERRORS})
    async def show_security_group(group_id: str, caller: ProjectCaller) -> JSONResponse:
        # Not documented: the codes of security groups.
        found = _one(world.network.security_groups_of(caller.project_id), group_id, "VPC.0601", "VPC.0602")
        return as_json({"security_group": _group(found)})


def _explain(error: RequestValidationError) -> Refused:
    place, problem = first_problem(error)
    return Refused("VPC.0002", f"The request is invalid: {place}: {problem}")


def _page(resources: Sequence[Resource], marker: str | None, limit: int | None) -> Sequence[Resource]:
    if marker is not None:
        ids = [resource.id for resource in resources]
        # Not documented: the response to an unknown marker.
        resources = resources[ids.index(marker) + 1 :] if marker in ids else []
    return resources if limit is None else resources[:limit]


def _one(resources: Sequence[Resource], resource_id: str, bad_code: str, missing_code: str) -> Resource:
    if not is_uuid(resource_id):
        raise Refused(bad_code, "The id is invalid.")
    found = next((resource for resource in resources if resource.id == resource_id), None)
    if found is None:
        raise Refused(missing_code, "The resource does not exist.")
    return found


def _vpc(vpc: Vpc) -> dict[str, Any]:
    return {
        "id": vpc.id,
        "name": vpc.name,
        "description": "",
        "cidr": vpc.cidr,
        "status": "OK",
        "enterprise_project_id": "0",
        "tenant_id": vpc.project_id,
        "routes": [],
        "created_at": "2026-01-01T00:00:00",
        "updated_at": "2026-01-01T00:00:00",
    }


def _subnet(subnet: Subnet) -> dict[str, Any]:
    return {
        "id": subnet.id,
        "name": subnet.name,
        "description": "",
        "cidr": subnet.cidr,
        "gateway_ip": subnet.gateway_ip,
        "ipv6_enable": False,
        "cidr_v6": None,
        "gateway_ip_v6": None,
        "dhcp_enable": True,
        "primary_dns": "100.125.1.250",
        "secondary_dns": "100.125.21.250",
        "dnsList": ["100.125.1.250", "100.125.21.250"],
        "availability_zone": "",
        "vpc_id": subnet.vpc_id,
        "status": "ACTIVE",
        "neutron_network_id": subnet.id,
        "neutron_subnet_id": subnet.neutron_subnet_id,
        "extra_dhcp_opts": [],
        "scope": "center",
        "tenant_id": subnet.project_id,
        "available_ip_address_count": 4000,
        "created_at": "2026-01-01T00:00:00",
        "updated_at": "2026-01-01T00:00:00",
    }


def _group(group: SecurityGroup) -> dict[str, Any]:
    return {
        "id": group.id,
        "name": group.name,
        "description": "Default security group",
        "enterprise_project_id": "0",
        "security_group_rules": [],
    }
