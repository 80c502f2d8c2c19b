"""Routes for network interfaces and attached disks of servers, and for changes of a server's attributes."""

from typing import Any

from fastapi import FastAPI
from starlette.responses import JSONResponse

from lab.services.ecs.server_project import ProjectCaller
from lab.services.ecs.server_responses import ERRORS, AttachmentsResponse, InterfacesResponse, ServerResponse
from lab.services.ecs.server_schemas import UpdateServerRequest
from lab.services.ecs.server_views import flavor_of, hostname, metadata, tag_texts
from lab.services.service_app import as_json, seconds
from lab.world.ids import fixed_hex
from lab.world.network.server_ports import own_port, port_status
from lab.world.records import Nic, Server
from lab.world.refusal import Refused
from lab.world.servers.server_changes import ServerChange, change_server
from lab.world.servers.server_status import find_server, status_of
from lab.world.servers.server_tags import NOVA_404, tagged_server
from lab.world.servers.server_validation import MAX_NICS
from lab.world.state import World
from lab.world.volumes.volume_operations import listed_disks


def add_routes(app: FastAPI, world: World) -> None:
    path = "/v1/{project_id}/cloudservers/{server_id}"

    @app.put(path, responses={200: {"model": ServerResponse}, **ERRORS})
    async def update_server(server_id: str, body: UpdateServerRequest, caller: ProjectCaller) -> JSONResponse:
        given = body.server
        change = ServerChange(given.name, given.description, given.hostname, given.user_data)
        return as_json({"server": _changed(world, change_server(world, caller.project_id, server_id, change))})

    @app.get(f"{path}/os-interface", responses={200: {"model": InterfacesResponse}, **ERRORS})
    async def list_server_interfaces(server_id: str, caller: ProjectCaller) -> JSONResponse:
        server = find_server(world, caller.project_id, server_id)
        if server is None or server.vm_state == "deleted":
            raise Refused("Ecs.0307", NOVA_404)
        shown = [show_interface(world, server, nic, number) for number, nic in enumerate(server.nics)]
        free = {"free_nic": MAX_NICS - len(server.nics)}
        return as_json({"attachableQuantity": free, "interfaceAttachments": shown})

    @app.get(f"{path}/os-volume_attachments", responses={200: {"model": AttachmentsResponse}, **ERRORS})
    async def list_server_volume_attachments(server_id: str, caller: ProjectCaller) -> JSONResponse:
        server = tagged_server(world, caller.project_id, server_id)
        return as_json({"volumeAttachments": show_attachments(world, server)})


def show_interface(world: World, server: Server, nic: Nic, number: int) -> dict[str, Any]:
    """Return a network interface; its subnet is the native one, its network the subnet of the cloud's interface."""
    subnet = world.network.subnets[nic.subnet_id]
    port = own_port(world, server.project_id, nic.port_id)
    return {
        "port_state": port_status(world, port),
        "fixed_ips": [{"subnet_id": subnet.neutron_subnet_id, "ip_address": nic.address}],
        "net_id": subnet.id,
        "port_id": nic.port_id,
        "mac_addr": nic.mac_address,
        "delete_on_termination": True,
        "driver_mode": "virtio",
        "min_rate": 0,
        "multiqueue_num": 1,
        "pci_address": f"0000:00:{number + 3:02x}.0",
    }


def show_attachments(world: World, server: Server) -> list[dict[str, Any]]:
    """Return the attached disks; the id of an attachment is the disk's."""
    return [
        {"device": volume.device, "id": volume.id, "serverId": server.id, "volumeId": volume.id}
        for volume in listed_disks(world, server.id)
    ]


def _changed(world: World, server: Server) -> dict[str, Any]:
    """Return a changed server, in the smaller form that the response to a change has."""
    flavor = flavor_of(server)
    addresses = [{"version": 4, "addr": nic.address} for nic in server.nics]
    return {
        "id": server.id,
        "name": server.name,
        "status": status_of(world, server),
        "tenant_id": server.project_id,
        "user_id": server.user_id,
        "image": server.image_id,
        "accessIPv4": "",
        "accessIPv6": "",
        "metadata": metadata(server),
        "addresses": {server.vpc_id: addresses},
        "created": seconds(server.created_at),
        "updated": seconds(server.updated_at),
        "hostId": fixed_hex(f"host {server.availability_zone}"),
        "flavor": {"id": flavor["id"], "links": []},
        "OS-DCF:diskConfig": "MANUAL",
        "progress": 0,
        "links": [],
        "locked": server.locked,
        "description": server.description,
        "tags": tag_texts(world, server),
        "OS-EXT-SRV-ATTR:user_data": server.user_data,
        "OS-EXT-SRV-ATTR:hostname": hostname(server),
    }
