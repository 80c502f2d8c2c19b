"""Routes for look-ups of security groups."""

from fastapi import FastAPI
from starlette.responses import JSONResponse

from lab.services.grants import require_enterprise_project
from lab.services.service_app import as_json
from lab.services.vpc.network_schemas import ERRORS, GroupResponse, GroupsResponse, Limit, ProjectCaller
from lab.services.vpc.network_views import show_group
from lab.services.vpc.resource_pages import one_of, page_of
from lab.world.state import World


def add_routes(app: FastAPI, world: World) -> None:
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
        return as_json({"security_groups": [show_group(g) for g in page_of(found, marker, limit)]})

    @app.get("/v1/{project_id}/security-groups/{group_id}", responses={200: {"model": GroupResponse}, **ERRORS})
    async def show_security_group(group_id: str, caller: ProjectCaller) -> JSONResponse:
        # Not documented: the codes of security groups.
        found = one_of(world.network.security_groups_of(caller.project_id), group_id, "VPC.0601", "VPC.0602")
        return as_json({"security_group": show_group(found)})
