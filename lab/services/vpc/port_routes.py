"""Routes for ports, in the cloud's own interface and in the native one."""

from typing import Annotated

from fastapi import FastAPI, Query
from starlette.responses import JSONResponse

from lab.services.grants import require_enterprise_project
from lab.services.service_app import CallerOf, as_json
from lab.services.vpc.network_schemas import ERRORS, ProjectCaller
from lab.services.vpc.network_views import show_neutron_port, show_port
from lab.services.vpc.port_schemas import (
    NATIVE_ERRORS,
    PortFilters,
    PortResponse,
    PortsResponse,
    UpdatePortBody,
    UpdatePortRequest,
)
from lab.services.vpc.resource_pages import page_of
from lab.world.network.server_ports import PortChange, list_ports, own_port, update_port
from lab.world.state import World

NATIVE_PATH = "/v2.0/ports"
Texts = Annotated[list[str] | None, Query()]


def add_routes(app: FastAPI, world: World) -> None:
    _add_lists(app, world)
    path, native = "/v1/{project_id}/ports/{port_id}", f"{NATIVE_PATH}/{{port_id}}"

    @app.get(path, responses={200: {"model": PortResponse}, **ERRORS}, name="show_port")
    async def show_one_port(port_id: str, caller: ProjectCaller) -> JSONResponse:
        return as_json({"port": show_port(world, own_port(world, caller.project_id, port_id))})

    @app.put(path, responses={200: {"model": PortResponse}, **ERRORS}, name="update_port")
    async def update_one_port(port_id: str, body: UpdatePortRequest, caller: ProjectCaller) -> JSONResponse:
        return as_json({"port": show_port(world, update_port(world, caller.project_id, port_id, _change(body.port)))})

    @app.get(native, responses={200: {"model": PortResponse}, **NATIVE_ERRORS})
    async def neutron_show_port(port_id: str, caller: CallerOf) -> JSONResponse:
        return as_json({"port": show_neutron_port(world, own_port(world, caller.project_id, port_id))})

    @app.put(native, responses={200: {"model": PortResponse}, **NATIVE_ERRORS})
    async def neutron_update_port(port_id: str, body: UpdatePortRequest, caller: CallerOf) -> JSONResponse:
        port = update_port(world, caller.project_id, port_id, _change(body.port))
        return as_json({"port": show_neutron_port(world, port)})


def _add_lists(app: FastAPI, world: World) -> None:
    @app.get("/v1/{project_id}/ports", responses={200: {"model": PortsResponse}, **ERRORS}, name="list_ports")
    async def list_all_ports(
        caller: ProjectCaller,
        filters: Annotated[PortFilters, Query()],
        id: Texts = None,
        enterprise_project_id: str | None = None,
    ) -> JSONResponse:
        require_enterprise_project(world, "vpc:ports:get", enterprise_project_id)
        found = list_ports(world, caller.project_id, filters.query(id or ()))
        return as_json({"ports": [show_port(world, port) for port in page_of(found, filters.marker, filters.limit)]})

    @app.get(NATIVE_PATH, responses={200: {"model": PortsResponse}, **NATIVE_ERRORS})
    async def neutron_list_ports(
        caller: CallerOf,
        filters: Annotated[PortFilters, Query()],
        id: str | None = None,
        tenant_id: str | None = None,
    ) -> JSONResponse:
        own = tenant_id in (None, caller.project_id)
        found = list_ports(world, caller.project_id, filters.query((id,) if id else ())) if own else []
        page = page_of(found, filters.marker, filters.limit)
        return as_json({"ports": [show_neutron_port(world, port) for port in page]})


def _change(body: UpdatePortBody) -> PortChange:
    pairs, options = body.allowed_address_pairs, body.extra_dhcp_opts
    return PortChange(
        name=body.name,
        security_groups=body.security_groups,
        allowed_address_pairs=None if pairs is None else [pair.model_dump(exclude_none=True) for pair in pairs],
        extra_dhcp_opts=None if options is None else [option.model_dump() for option in options],
    )
