"""Routes for details and lists of servers, and for jobs."""

from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from starlette.responses import JSONResponse

from lab.services.ecs.newer_list import show_cloud_server
from lab.services.ecs.server_project import ProjectCaller
from lab.services.ecs.server_responses import ERRORS, CloudServersResponse, JobResponse, ServerResponse, ServersResponse
from lab.services.ecs.server_views import show_job, show_server
from lab.services.grants import require_enterprise_project
from lab.services.service_app import as_json, request_id
from lab.world.records import Server
from lab.world.refusal import Refused
from lab.world.servers.server_lists import STATUSES, ServerQuery, list_servers, named_servers
from lab.world.servers.server_status import show_server as find_shown
from lab.world.state import World

Texts = Annotated[list[str] | None, Query()]


def add_routes(app: FastAPI, world: World) -> None:
    _add_list(app, world)
    _add_newer_list(app, world)

    @app.get(
        "/v1/{project_id}/cloudservers/{server_id}",
        responses={200: {"model": ServerResponse}, **ERRORS},
        name="show_server",
    )
    async def show_one_server(server_id: str, caller: ProjectCaller) -> JSONResponse:
        return as_json({"server": show_server(world, find_shown(world, caller.project_id, server_id))})

    @app.get("/v1/{project_id}/jobs/{job_id}", responses={200: {"model": JobResponse}, **ERRORS}, name="show_job")
    async def show_server_job(job_id: str, caller: ProjectCaller) -> JSONResponse:
        job = world.jobs.find("ecs", caller.project_id, job_id)
        if job is None:
            message = "The job id is invalid."
            if world.variants.unknown_job == "404":
                return as_json({"error": {"code": "Common.0011", "message": message}}, 404)
            raise Refused("Common.0011", message)
        return as_json(show_job(world, job))


def _add_list(app: FastAPI, world: World) -> None:
    @app.get("/v1/{project_id}/cloudservers/detail", responses={200: {"model": ServersResponse}, **ERRORS})
    async def list_servers_details(
        request: Request,
        caller: ProjectCaller,
        limit: Annotated[int, Query(ge=1, le=1000)] = 25,
        offset: Annotated[int, Query(ge=0)] = 1,
        marker: str | None = None,
        name: str | None = None,
        status: str | None = None,
        flavor: str | None = None,
        tags: Texts = None,
        ip: str | None = None,
        ip_eq: str | None = None,
        enterprise_project_id: str | None = None,
        server_id: Texts = None,
        reservation_id: str | None = None,
    ) -> JSONResponse:
        require_enterprise_project(world, "ecs:cloudServers:list", enterprise_project_id)
        if server_id:
            return _by_ids(world, caller.project_id, [i for text in server_id for i in text.split(",")])
        query = ServerQuery(
            project_id=caller.project_id,
            name=name,
            status=_known_status(status),
            flavor=flavor,
            tags=tuple(tags or ()),
            not_tags=tuple(request.query_params.getlist("not-tags")),
            ip=ip,
            ip_eq=ip_eq,
            enterprise_project_id=enterprise_project_id,
        )
        found = list_servers(world, query)
        page = _after(found, marker)[:limit] if marker else _page(found, max(offset, 1), limit)
        return as_json({"servers": [show_server(world, s) for s in page], "count": len(found)})


def _add_newer_list(app: FastAPI, world: World) -> None:
    @app.get("/v1.1/{project_id}/cloudservers/detail", responses={200: {"model": CloudServersResponse}, **ERRORS})
    async def list_cloud_servers(
        request: Request,
        caller: ProjectCaller,
        limit: Annotated[int, Query(ge=1, le=100)] = 10,
        marker: str | None = None,
        id: str | None = None,
        name: str | None = None,
        status: str | None = None,
        flavor_name: str | None = None,
        image_id: str | None = None,
        metadata: Texts = None,
        tags: Texts = None,
        availability_zone: str | None = None,
        availability_zone_eq: str | None = None,
        charging_mode: str | None = None,
        key_name: str | None = None,
        enterprise_project_id: str | None = None,
        in_recycle_bin: bool | None = None,
    ) -> JSONResponse:
        require_enterprise_project(world, "ecs:cloudServers:list", enterprise_project_id)
        query = ServerQuery(
            project_id=caller.project_id,
            name=name,
            server_id=id,
            status=_known_status(status),
            flavor=flavor_name,
            image_id=image_id,
            tags=tuple(tags or ()),
            not_tags=tuple(request.query_params.getlist("not-tags")),
            metadata=tuple(metadata or ()),
            metadata_key=request.query_params.get("metadata-key"),
            availability_zone=availability_zone_eq or availability_zone,
            key_name=key_name,
            charging_mode=charging_mode,
            enterprise_project_id=enterprise_project_id,
        )
        rest = [] if in_recycle_bin else _after(list_servers(world, query), marker)
        return _newer_page(world, request, rest, limit)


def _newer_page(world: World, request: Request, servers: list[Server], limit: int) -> JSONResponse:
    listed = request.query_params.getlist("expect-fields")
    expected = {name.strip() for text in listed for name in text.split(",")}
    links = [_next_page(request, servers[limit - 1].id)] if len(servers) > limit else []
    shown = [show_cloud_server(world, server, expected) for server in servers[:limit]]
    return as_json({"servers": shown, "servers_links": links, "request_id": request_id(request)})


def _next_page(request: Request, marker: str) -> dict[str, str]:
    return {"rel": "next", "href": str(request.url.include_query_params(marker=marker))}


def _known_status(status: str | None) -> str | None:
    if status is not None and status.upper() not in STATUSES:
        raise Refused("Ecs.0005", "The status is invalid.")
    return status.upper() if status else None


def _page(found: list[Server], number: int, limit: int) -> list[Server]:
    return found[(number - 1) * limit : number * limit]


def _after(found: list[Server], marker: str | None) -> list[Server]:
    if marker is None:
        return found
    ids = [server.id for server in found]
    if marker not in ids:
        raise Refused("Ecs.0005", "The marker is invalid.")
    return found[ids.index(marker) + 1 :]


def _by_ids(world: World, project_id: str, server_ids: list[str]) -> JSONResponse:
    if len(server_ids) > 100:
        raise Refused("Ecs.0005", "At most 100 server ids are allowed.")
    entries: list[dict[str, Any]] = []
    for server_id, server in named_servers(world, project_id, server_ids):
        if server is not None:
            entries.append(show_server(world, server))
        else:
            fault = {"code": 404, "message": "The server does not exist.", "details": "", "created": ""}
            entries.append({"id": server_id, "fault": fault})
    return as_json({"servers": entries, "count": len(entries)})
