"""Routes for look-ups of servers through the native interface; creation and deletion have the cloud's own calls."""

from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from lab.services.ecs.native.native_responses import (
    NATIVE_ERRORS,
    ExtraSpecsResponse,
    NativeGroupsResponse,
    NativeInterfaceResponse,
    NativeInterfacesResponse,
    NativeServerResponse,
    NativeServersResponse,
)
from lab.services.ecs.server_interfaces import show_attachments, show_interface
from lab.services.ecs.server_project import ProjectCaller
from lab.services.ecs.server_responses import AttachmentsResponse
from lab.services.ecs.server_views import security_groups, show_server
from lab.services.service_app import as_json
from lab.world.records import Nic, Server
from lab.world.refusal import Refused
from lab.world.servers.flavors import FLAVORS
from lab.world.servers.server_lists import STATUSES, ServerQuery, list_servers
from lab.world.servers.server_status import show_server as find_shown
from lab.world.state import World

PATH = "/v2.1/{project_id}/servers"
ONLY_IN_THE_CLOUDS_OWN = ("enterprise_project_id", "auto_terminate_time", "sys_tags", "cpu_options", "hypervisor")
"""Fields of a server that the native interface does not have."""
INTERFACE_FIELDS = ("port_state", "fixed_ips", "net_id", "port_id", "mac_addr")


class NativeFilters(BaseModel):
    """Parameters of both lists of servers."""

    limit: int = Field(default=1000, ge=1, le=1000)
    marker: str | None = None
    name: str | None = None
    status: str | None = None
    flavor: str | None = None
    image: str | None = None
    ip: str | None = None
    tags: list[str] = Field(default_factory=list)

    def query(self, project_id: str, not_tags: list[str]) -> ServerQuery:
        """Return the filters for the rules, or refuse a status that does not exist."""
        status = self.status.upper() if self.status else None
        if status is not None and status not in STATUSES:
            raise Refused("", "Invalid status value", status=400)
        return ServerQuery(
            project_id=project_id,
            name=self.name,
            status=status,
            flavor=self.flavor,
            image_id=self.image,
            ip=self.ip,
            tags=tuple(self.tags),
            not_tags=tuple(not_tags),
        )


def add_routes(app: FastAPI, world: World) -> None:
    _add_list(app, world, PATH, "nova_list_servers")
    _add_list(app, world, f"{PATH}/detail", "nova_list_servers_details")
    _add_single_look_ups(app, world)


def _add_list(app: FastAPI, world: World, path: str, name: str) -> None:
    is_detailed = path.endswith("/detail")

    async def list_native_servers(
        request: Request, caller: ProjectCaller, filters: Annotated[NativeFilters, Query()]
    ) -> JSONResponse:
        found = list_servers(world, filters.query(caller.project_id, request.query_params.getlist("not-tags")))
        if filters.marker is not None:
            ids = [server.id for server in found]
            if filters.marker not in ids:
                raise Refused("", f"marker [{filters.marker[:64]}] not found", status=400)
            found = found[ids.index(filters.marker) + 1 :]
        page = found[: filters.limit]
        shown = [_detailed(request, world, s) if is_detailed else _short(request, s) for s in page]
        links = {}
        if len(found) > len(page):
            after = str(request.url.include_query_params(marker=page[-1].id))
            links = {"servers_links": [{"rel": "next", "href": after}]}
        return as_json({"servers": shown, **links})

    responses = {200: {"model": NativeServersResponse}, **NATIVE_ERRORS}
    app.get(path, responses=responses, name=name)(list_native_servers)


def _add_single_look_ups(app: FastAPI, world: World) -> None:
    path = f"{PATH}/{{server_id}}"

    @app.get(path, responses={200: {"model": NativeServerResponse}, **NATIVE_ERRORS})
    async def nova_show_server(request: Request, server_id: str, caller: ProjectCaller) -> JSONResponse:
        return as_json({"server": _detailed(request, world, _find(world, caller.project_id, server_id))})

    @app.get(f"{path}/os-security-groups", responses={200: {"model": NativeGroupsResponse}, **NATIVE_ERRORS})
    async def nova_list_server_security_groups(server_id: str, caller: ProjectCaller) -> JSONResponse:
        server = _find(world, caller.project_id, server_id)
        fixed = {"description": "Default security group", "rules": [], "tenant_id": server.project_id}
        return as_json({"security_groups": [{**group, **fixed} for group in security_groups(world, server)]})

    _add_attachments(app, world)

    @app.get(f"{path}/os-interface/{{port_id}}", responses={200: {"model": NativeInterfaceResponse}, **NATIVE_ERRORS})
    async def nova_show_server_interface(server_id: str, port_id: str, caller: ProjectCaller) -> JSONResponse:
        server = _find(world, caller.project_id, server_id)
        for number, nic in enumerate(server.nics):
            if nic.port_id == port_id:
                return as_json({"interfaceAttachment": _show_attachment(world, server, nic, number)})
        raise Refused("", "The port is not attached to the server.", status=404)

    @app.get(
        "/v2.1/{project_id}/flavors/{flavor_id}/os-extra_specs",
        responses={200: {"model": ExtraSpecsResponse}, **NATIVE_ERRORS},
    )
    async def nova_show_flavor_extra_specs(flavor_id: str, caller: ProjectCaller) -> JSONResponse:
        flavor = FLAVORS.get(flavor_id)
        if flavor is None:
            raise Refused("", f"Flavor {flavor_id[:64]} could not be found.", status=404)
        return as_json({"extra_specs": flavor.extra_specs()})


def _add_attachments(app: FastAPI, world: World) -> None:
    """Add the lists of interfaces and disks, which are deprecated in favour of those of the cloud's own interface."""
    path = f"{PATH}/{{server_id}}"

    @app.get(f"{path}/os-interface", responses={200: {"model": NativeInterfacesResponse}, **NATIVE_ERRORS})
    async def nova_list_server_interfaces(server_id: str, caller: ProjectCaller) -> JSONResponse:
        server = _find(world, caller.project_id, server_id)
        shown = [_show_attachment(world, server, nic, number) for number, nic in enumerate(server.nics)]
        return as_json({"interfaceAttachments": shown})

    @app.get(f"{path}/os-volume_attachments", responses={200: {"model": AttachmentsResponse}, **NATIVE_ERRORS})
    async def nova_list_server_volumes(server_id: str, caller: ProjectCaller) -> JSONResponse:
        server = _find(world, caller.project_id, server_id)
        return as_json({"volumeAttachments": show_attachments(world, server)})


def _find(world: World, project_id: str, server_id: str) -> Server:
    try:
        return find_shown(world, project_id, server_id)
    except Refused as refused:
        raise Refused("", "Instance could not be found.", status=404) from refused


def _show_attachment(world: World, server: Server, nic: Nic, number: int) -> dict[str, Any]:
    shown = show_interface(world, server, nic, number)
    return {name: shown[name] for name in INTERFACE_FIELDS}


def _links(request: Request, server: Server) -> list[dict[str, str]]:
    base, project = request.app.state.endpoints["ecs"], server.project_id
    return [
        {"rel": "self", "href": f"{base}/v2.1/{project}/servers/{server.id}"},
        {"rel": "bookmark", "href": f"{base}/{project}/servers/{server.id}"},
    ]


def _short(request: Request, server: Server) -> dict[str, Any]:
    return {"id": server.id, "name": server.name, "links": _links(request, server)}


def _detailed(request: Request, world: World, server: Server) -> dict[str, Any]:
    """Return a server in the native form: numbers as versions of addresses, and a flavor with its id alone."""
    shown = show_server(world, server)
    for name in ONLY_IN_THE_CLOUDS_OWN:
        del shown[name]
    addresses = {
        network: [
            {key: int(value) if key == "version" else value for key, value in entry.items() if key in _ADDRESS_FIELDS}
            for entry in entries
        ]
        for network, entries in shown["addresses"].items()
    }
    volumes = [
        {"id": volume["id"], "delete_on_termination": volume["delete_on_termination"] == "true"}
        for volume in shown["os-extended-volumes:volumes_attached"]
    ]
    return {
        **shown,
        "addresses": addresses,
        "flavor": {"id": shown["flavor"]["id"], "links": []},
        "security_groups": [{"name": group["name"]} for group in shown["security_groups"]],
        "os-extended-volumes:volumes_attached": volumes,
        "links": _links(request, server),
    }


_ADDRESS_FIELDS = ("addr", "version", "OS-EXT-IPS-MAC:mac_addr", "OS-EXT-IPS:type")
