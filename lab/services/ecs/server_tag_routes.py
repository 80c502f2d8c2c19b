"""Routes for tags of servers."""

from typing import Any

from fastapi import FastAPI
from starlette.responses import JSONResponse, Response

from lab.services.ecs.server_project import ProjectCaller
from lab.services.ecs.server_responses import ERRORS, ResourcesResponse
from lab.services.ecs.server_schemas import ResourceInstancesBody, TagValues
from lab.services.service_app import as_json
from lab.services.shared_schemas import ProjectTagsResponse, TagsActionBody, TagsResponse
from lab.world.records import Server
from lab.world.refusal import Refused
from lab.world.servers.server_lists import ServerQuery, list_servers
from lab.world.servers.server_status import visible_tags
from lab.world.servers.server_tags import add_tags, project_tags, remove_tags, tagged_server
from lab.world.state import World


def add_routes(app: FastAPI, world: World) -> None:
    @app.post(
        "/v1/{project_id}/cloudservers/{server_id}/tags/action",
        status_code=204,
        responses={200: {"description": "done"}, 204: {"description": "done"}, **ERRORS},
    )
    async def batch_change_server_tags(server_id: str, body: TagsActionBody, caller: ProjectCaller) -> Response:
        if body.action == "create":
            add_tags(world, caller.project_id, server_id, [(t.key, t.value or "") for t in body.tags])
        else:
            remove_tags(world, caller.project_id, server_id, [(t.key, t.value) for t in body.tags])
        return Response(status_code=int(world.variants.server_tag_status))

    @app.get("/v1/{project_id}/cloudservers/{server_id}/tags", responses={200: {"model": TagsResponse}, **ERRORS})
    async def show_server_tags(server_id: str, caller: ProjectCaller) -> JSONResponse:
        server = tagged_server(world, caller.project_id, server_id)
        return as_json({"tags": _pairs(world, server)})

    @app.get("/v1/{project_id}/cloudservers/tags", responses={200: {"model": ProjectTagsResponse}, **ERRORS})
    async def list_server_tags(caller: ProjectCaller) -> JSONResponse:
        found = project_tags(world, caller.project_id)
        return as_json({"tags": [{"key": key, "values": values} for key, values in found.items()]})

    @app.post(
        "/v1/{project_id}/cloudservers/resource_instances/action",
        responses={200: {"model": ResourcesResponse}, **ERRORS},
    )
    async def list_servers_by_tag(body: ResourceInstancesBody, caller: ProjectCaller) -> JSONResponse:
        found = [s for s in list_servers(world, ServerQuery(caller.project_id)) if _matches(world, s, body)]
        start, limit = _page(body)
        page = [] if body.action == "count" else found[start : start + limit]
        resources = [
            {"resource_id": s.id, "resource_name": s.name, "resource_detail": None, "tags": _pairs(world, s)}
            for s in page
        ]
        return as_json({"resources": resources, "total_count": len(found)})


def _pairs(world: World, server: Server) -> list[dict[str, Any]]:
    return [{"key": k, "value": v} for k, v in visible_tags(world, server).items()]


def _page(body: ResourceInstancesBody) -> tuple[int, int]:
    for text in (body.limit, body.offset):
        if text is not None and not (text.isascii() and text.isdigit() and len(text) < 10):
            raise Refused("Ecs.0005", "limit and offset must be numbers.")
    limit = int(body.limit) if body.limit is not None else 1000
    if limit > 1000 or body.action not in ("filter", "count"):
        raise Refused("Ecs.0005", "limit must be at most 1000, action filter or count.")
    return int(body.offset or 0), limit


def _matches(world: World, server: Server, body: ResourceInstancesBody) -> bool:
    tags = visible_tags(world, server)
    names = [m.value for m in body.matches or [] if m.key == "resource_name"]
    return (
        all(_has(tags, f) for f in body.tags or [])
        and not any(_has(tags, f) for f in body.not_tags or [])
        and all(name in server.name for name in names)
    )


def _has(tags: dict[str, str], condition: TagValues) -> bool:
    return condition.key in tags and (not condition.values or tags[condition.key] in condition.values)
