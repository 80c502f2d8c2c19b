"""Routes for elastic IPs and for the bandwidth of each."""

from collections.abc import Collection, Mapping
from typing import Annotated, Any

from fastapi import FastAPI, Query
from pydantic import Field
from starlette.responses import JSONResponse, Response

from lab.services.grants import require_enterprise_project
from lab.services.service_app import Body, Part, TolerantInt, as_json
from lab.services.vpc.network_schemas import ERRORS, NO_CONTENT, Limit, ProjectCaller
from lab.services.vpc.network_views import show_bandwidth, show_public_address
from lab.services.vpc.resource_pages import page_of
from lab.world.network.public_addresses import (
    AddressOrder,
    allocate_address,
    bind_address,
    own_address,
    release_address,
    unbind_address,
)
from lab.world.network.server_ports import own_port
from lab.world.records import PublicAddress
from lab.world.refusal import Refused
from lab.world.state import World

Texts = Annotated[list[str] | None, Query()]


class AddressBody(Body):
    type: str
    ip_version: TolerantInt | None = None
    ip_address: str | None = None
    alias: str | None = Field(default=None, max_length=64)
    port_id: str | None = None


class BandwidthBody(Body):
    share_type: str
    name: str | None = None
    size: TolerantInt | None = None
    charge_mode: str | None = None
    id: str | None = None


class AllocateBody(Body):
    publicip: AddressBody
    bandwidth: BandwidthBody
    enterprise_project_id: str | None = None


class ChangeBody(Body):
    port_id: str | None = None
    ip_version: TolerantInt | None = None
    alias: str | None = Field(default=None, max_length=64)


class UpdateBody(Body):
    publicip: ChangeBody


class AddressResponse(Part):
    publicip: dict[str, Any]


class AddressesResponse(Part):
    publicips: list[dict[str, Any]]


class BandwidthResponse(Part):
    bandwidth: dict[str, Any]


def add_routes(app: FastAPI, world: World) -> None:
    _add_look_ups(app, world)
    _add_changes(app, world)


def _add_look_ups(app: FastAPI, world: World) -> None:
    @app.get("/v1/{project_id}/publicips", responses={200: {"model": AddressesResponse}, **ERRORS})
    async def list_publicips(
        caller: ProjectCaller,
        limit: Limit = None,
        marker: str | None = None,
        ip_version: int | None = None,
        enterprise_project_id: str | None = None,
        port_id: Texts = None,
        public_ip_address: Texts = None,
        private_ip_address: Texts = None,
        id: Texts = None,
    ) -> JSONResponse:
        require_enterprise_project(world, "vpc:publicIps:list", enterprise_project_id)
        wanted = {
            "port_id": port_id, "public_ip_address": public_ip_address, "private_ip_address": private_ip_address,
            "id": id, "ip_version": None if ip_version is None else [ip_version],
        }  # fmt: skip
        own = world.public_addresses.where("project_id", caller.project_id)
        page = page_of([address for address in own if _matches(world, address, wanted)], marker, limit)
        return as_json({"publicips": [show_public_address(world, address) for address in page]})

    @app.get("/v1/{project_id}/publicips/{publicip_id}", responses={200: {"model": AddressResponse}, **ERRORS})
    async def show_publicip(publicip_id: str, caller: ProjectCaller) -> JSONResponse:
        return as_json({"publicip": show_public_address(world, own_address(world, caller.project_id, publicip_id))})

    @app.get("/v1/{project_id}/bandwidths/{bandwidth_id}", responses={200: {"model": BandwidthResponse}, **ERRORS})
    async def show_one_bandwidth(bandwidth_id: str, caller: ProjectCaller) -> JSONResponse:
        for address in world.public_addresses.where("project_id", caller.project_id):
            if address.bandwidth_id == bandwidth_id:
                return as_json({"bandwidth": show_bandwidth(address)})
        # Not documented: the code of a bandwidth that does not exist.
        raise Refused("VPC.0302", "The bandwidth does not exist.", status=404)


def _add_changes(app: FastAPI, world: World) -> None:
    @app.post("/v1/{project_id}/publicips", responses={200: {"model": AddressResponse}, **ERRORS})
    async def create_publicip(body: AllocateBody, caller: ProjectCaller) -> JSONResponse:
        port = own_port(world, caller.project_id, body.publicip.port_id) if body.publicip.port_id else None
        address = allocate_address(world, _order(body, caller.project_id))
        if port is not None:
            bind_address(world, address, port)
        shown = show_public_address(world, address)
        fields = ("id", "type", "public_ip_address", "tenant_id", "create_time", "bandwidth_size", "ip_version")
        created = {name: shown[name] for name in (*fields, "enterprise_project_id", "alias")}
        return as_json({"publicip": {**created, "status": "PENDING_CREATE"}})

    @app.put("/v1/{project_id}/publicips/{publicip_id}", responses={200: {"model": AddressResponse}, **ERRORS})
    async def update_publicip(publicip_id: str, body: UpdateBody, caller: ProjectCaller) -> JSONResponse:
        address, change = own_address(world, caller.project_id, publicip_id), body.publicip
        if change.ip_version == 6:
            raise Refused("VPC.0501", "The lab has no IPv6 addresses.")
        if change.alias is not None:  # documented: only alias takes effect if both are given
            address.alias = change.alias
            world.public_addresses.save(address)
        elif change.port_id:
            bind_address(world, address, own_port(world, caller.project_id, change.port_id))
        else:
            unbind_address(world, address)
        return as_json({"publicip": show_public_address(world, address)})

    @app.delete("/v1/{project_id}/publicips/{publicip_id}", status_code=204, responses=NO_CONTENT)
    async def delete_publicip(publicip_id: str, caller: ProjectCaller) -> Response:
        release_address(world, own_address(world, caller.project_id, publicip_id))
        return Response(status_code=204)


def _matches(world: World, address: PublicAddress, wanted: Mapping[str, Collection[Any] | None]) -> bool:
    shown = show_public_address(world, address)
    return all(values is None or shown.get(name) in values for name, values in wanted.items())


def _order(body: AllocateBody, project_id: str) -> AddressOrder:
    if body.publicip.ip_version == 6 or body.publicip.type == "5_ipv6":
        raise Refused("VPC.0501", "The lab has no IPv6 addresses.")
    if body.bandwidth.share_type != "PER" or body.bandwidth.size is None or not body.bandwidth.name:
        # The lab has no shared bandwidths; name and size are documented as required for bandwidths of one address.
        raise Refused("VPC.0301", "share_type must be PER, with a name and a size.")
    return AddressOrder(
        project_id=project_id,
        type=body.publicip.type,
        bandwidth_mbit=body.bandwidth.size,
        bandwidth_name=body.bandwidth.name,
        charge_mode=body.bandwidth.charge_mode or "bandwidth",
        alias=body.publicip.alias or "",
        address=body.publicip.ip_address,
        enterprise_project_id=body.enterprise_project_id or "0",
    )
