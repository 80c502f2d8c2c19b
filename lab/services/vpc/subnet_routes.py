"""Routes for subnets."""

from fastapi import FastAPI
from starlette.responses import JSONResponse, Response

from lab.services.grants import require_enterprise_project
from lab.services.service_app import as_json
from lab.services.vpc.network_schemas import (
    ERRORS,
    NO_CONTENT,
    CreateSubnetBody,
    Limit,
    ProjectCaller,
    SubnetResponse,
    SubnetsResponse,
    SubnetStatusResponse,
    UpdateSubnetRequest,
)
from lab.services.vpc.network_views import show_subnet
from lab.services.vpc.resource_pages import one_of, page_of
from lab.services.vpc.vpc_routes import own_vpc
from lab.world.network.network_changes import update_subnet
from lab.world.network.networks import Subnet, SubnetOrder
from lab.world.state import World


def add_routes(app: FastAPI, world: World) -> None:
    @app.get("/v1/{project_id}/subnets", responses={200: {"model": SubnetsResponse}, **ERRORS})
    async def list_subnets(
        caller: ProjectCaller, limit: Limit = None, marker: str | None = None, vpc_id: str | None = None
    ) -> JSONResponse:
        require_enterprise_project(world, "vpc:subnets:get", vpc_id)
        found = [s for s in world.network.subnets_of(caller.project_id) if vpc_id in (None, s.vpc_id)]
        return as_json({"subnets": [show_subnet(s) for s in page_of(found, marker, limit)]})

    @app.get(
        "/v1/{project_id}/subnets/{subnet_id}", responses={200: {"model": SubnetResponse}, **ERRORS}, name="show_subnet"
    )
    async def show_one_subnet(subnet_id: str, caller: ProjectCaller) -> JSONResponse:
        return as_json({"subnet": show_subnet(own_subnet(world, caller.project_id, subnet_id))})

    @app.post("/v1/{project_id}/subnets", responses={200: {"model": SubnetResponse}, **ERRORS})
    async def create_subnet(body: CreateSubnetBody, caller: ProjectCaller) -> JSONResponse:
        given = body.subnet
        vpc = own_vpc(world, caller.project_id, given.vpc_id)
        order = SubnetOrder(
            name=given.name,
            cidr=given.cidr,
            gateway_ip=given.gateway_ip,
            description=given.description or "",
            dhcp_enable=given.dhcp_enable is not False,
            dns_list=given.dns_list(),
        )
        return as_json({"subnet": show_subnet(world.network.create_subnet(vpc, order, world.settings))})

    _add_changes(app, world)


def _add_changes(app: FastAPI, world: World) -> None:
    path = "/v1/{project_id}/vpcs/{vpc_id}/subnets/{subnet_id}"

    @app.put(path, responses={200: {"model": SubnetStatusResponse}, **ERRORS}, name="update_subnet")
    async def update_one_subnet(
        vpc_id: str, subnet_id: str, body: UpdateSubnetRequest, caller: ProjectCaller
    ) -> JSONResponse:
        change = body.subnet
        subnet = _subnet_in(world, caller.project_id, vpc_id, subnet_id)
        update_subnet(world.network, subnet, change.name, change.description, change.dhcp_enable, change.dns_list())
        return as_json({"subnet": {"id": subnet.id, "status": "ACTIVE"}})

    @app.delete(path, status_code=204, responses=NO_CONTENT)
    async def delete_subnet(vpc_id: str, subnet_id: str, caller: ProjectCaller) -> Response:
        world.network.delete_subnet(_subnet_in(world, caller.project_id, vpc_id, subnet_id))
        return Response(status_code=204)


def own_subnet(world: World, project_id: str, subnet_id: str) -> Subnet:
    """Return a subnet of a project, or refuse the request."""
    return one_of(world.network.subnets_of(project_id), subnet_id, "VPC.0201", "VPC.0202")


def _subnet_in(world: World, project_id: str, vpc_id: str, subnet_id: str) -> Subnet:
    own = [s for s in world.network.subnets_of(project_id) if s.vpc_id == vpc_id]
    return one_of(own, subnet_id, "VPC.0201", "VPC.0202")
