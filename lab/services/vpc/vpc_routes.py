"""Routes for VPCs, and for the quotas of the network service."""

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from lab.services.grants import require_enterprise_project
from lab.services.service_app import as_json, request_id
from lab.services.vpc.network_schemas import (
    ERRORS,
    NO_CONTENT,
    CreateVpcBody,
    Limit,
    ProjectCaller,
    QuotasResponse,
    UpdateVpcRequest,
    VpcResponse,
    VpcsResponse,
    VpcV3Response,
)
from lab.services.vpc.network_views import show_vpc, show_vpc_v3
from lab.services.vpc.resource_pages import one_of, page_of
from lab.world.network.network_changes import update_vpc
from lab.world.network.networks import Vpc
from lab.world.state import World


def add_routes(app: FastAPI, world: World) -> None:
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
        return as_json({"vpcs": [show_vpc(v) for v in page_of(found, marker, limit)]})

    @app.get("/v1/{project_id}/vpcs/{vpc_id}", responses={200: {"model": VpcResponse}, **ERRORS}, name="show_vpc")
    async def show_one_vpc(vpc_id: str, caller: ProjectCaller) -> JSONResponse:
        return as_json({"vpc": show_vpc(own_vpc(world, caller.project_id, vpc_id))})

    @app.get("/v3/{project_id}/vpc/vpcs/{vpc_id}", responses={200: {"model": VpcV3Response}, **ERRORS})
    async def show_vpc_in_v3(request: Request, vpc_id: str, caller: ProjectCaller) -> JSONResponse:
        vpc = own_vpc(world, caller.project_id, vpc_id)
        return as_json({"request_id": request_id(request), "vpc": show_vpc_v3(world, vpc)})

    _add_changes(app, world)
    _add_quotas(app, world)


def _add_changes(app: FastAPI, world: World) -> None:
    @app.post("/v1/{project_id}/vpcs", responses={200: {"model": VpcResponse}, **ERRORS})
    async def create_vpc(body: CreateVpcBody, caller: ProjectCaller) -> JSONResponse:
        order = body.vpc
        created = world.network.create_vpc(caller.project_id, order.name, order.cidr, order.description, world.settings)
        return as_json({"vpc": show_vpc(created)})

    @app.put("/v1/{project_id}/vpcs/{vpc_id}", responses={200: {"model": VpcResponse}, **ERRORS}, name="update_vpc")
    async def update_one_vpc(vpc_id: str, body: UpdateVpcRequest, caller: ProjectCaller) -> JSONResponse:
        vpc, change = own_vpc(world, caller.project_id, vpc_id), body.vpc
        changed = update_vpc(world.network, vpc, change.name, change.description, change.cidr)
        return as_json({"vpc": show_vpc(changed)})

    @app.delete("/v1/{project_id}/vpcs/{vpc_id}", status_code=204, responses=NO_CONTENT)
    async def delete_vpc(vpc_id: str, caller: ProjectCaller) -> Response:
        world.network.delete_vpc(own_vpc(world, caller.project_id, vpc_id))
        return Response(status_code=204)


def _add_quotas(app: FastAPI, world: World) -> None:
    @app.get("/v1/{project_id}/quotas", responses={200: {"model": QuotasResponse}, **ERRORS})
    async def show_quota(caller: ProjectCaller, type: str | None = None) -> JSONResponse:
        project, network, quotas = caller.project_id, world.network, world.settings.quotas
        groups = len(network.security_groups_of(project))
        rows = (
            ("vpc", len(network.vpcs_of(project)), quotas.vpcs),
            ("subnet", len(network.subnets_of(project)), quotas.subnets),
            ("securityGroup", groups, groups),
            ("publicIp", len(world.public_addresses.where("project_id", project)), quotas.public_ips),
        )
        shown = [
            {"type": name, "used": used, "quota": quota, "min": 0} for name, used, quota in rows if type in (None, name)
        ]
        return as_json({"quotas": {"resources": shown}})


def own_vpc(world: World, project_id: str, vpc_id: str) -> Vpc:
    """Return a VPC of a project, or refuse the request."""
    return one_of(world.network.vpcs_of(project_id), vpc_id, "VPC.0101", "VPC.0105")
