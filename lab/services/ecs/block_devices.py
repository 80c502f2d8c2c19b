"""Block devices of servers."""

from fastapi import FastAPI
from starlette.responses import JSONResponse, Response

from lab.services.ecs.server_project import ProjectCaller
from lab.services.ecs.server_responses import ERRORS, BlockDeviceResponse, BlockDevicesResponse
from lab.services.ecs.server_schemas import AttachVolumeBody, UpdateBlockDeviceBody
from lab.services.ecs.server_views import show_block_device
from lab.services.service_app import as_json
from lab.services.shared_schemas import JobId
from lab.world.refusal import Refused
from lab.world.servers.server_tags import tagged_server
from lab.world.state import World
from lab.world.volumes.attachments import attach_volume, attached_volume, detach_volume
from lab.world.volumes.volume_operations import listed_disks

MOST = {"free_scsi": 60, "free_blk": 24, "free_disk": 60}


def add_routes(app: FastAPI, world: World) -> None:
    path = "/v1/{project_id}/cloudservers/{server_id}"

    @app.get(f"{path}/block_device", responses={200: {"model": BlockDevicesResponse}, **ERRORS})
    async def list_server_block_devices(server_id: str, caller: ProjectCaller) -> JSONResponse:
        server = tagged_server(world, caller.project_id, server_id)
        disks = listed_disks(world, server.id)
        shown = [show_block_device(world, volume) for volume in disks]
        free = {name: most - len(disks) for name, most in MOST.items()}
        return as_json({"attachableQuantity": free, "volumeAttachments": shown})

    @app.get(f"{path}/block_device/{{volume_id}}", responses={200: {"model": BlockDeviceResponse}, **ERRORS})
    async def show_server_block_device(server_id: str, volume_id: str, caller: ProjectCaller) -> JSONResponse:
        volume = attached_volume(world, caller.project_id, server_id, volume_id)
        return as_json({"volumeAttachment": show_block_device(world, volume)})

    @app.put(f"{path}/block_device/{{volume_id}}", response_class=Response, responses=ERRORS)
    async def update_server_block_device(
        server_id: str, volume_id: str, body: UpdateBlockDeviceBody, caller: ProjectCaller
    ) -> Response:
        volume = attached_volume(world, caller.project_id, server_id, volume_id)
        if volume.multiattach:
            # Documented: shared disks cannot be changed. Not documented: the code.
            raise Refused("Ecs.0103", "A shared disk cannot be changed.")
        volume.delete_on_termination = body.block_device.delete_on_termination
        world.volumes.save(volume)
        return Response(status_code=200)

    @app.post(f"{path}/attachvolume", responses={200: {"model": JobId}, **ERRORS})
    async def attach_server_volume(server_id: str, body: AttachVolumeBody, caller: ProjectCaller) -> JSONResponse:
        job = attach_volume(world, caller.project_id, server_id, body.volumeAttachment.volumeId)
        return as_json({"job_id": job.id})

    @app.delete(f"{path}/detachvolume/{{volume_id}}", responses={200: {"model": JobId}, **ERRORS})
    async def detach_server_volume(server_id: str, volume_id: str, caller: ProjectCaller) -> JSONResponse:
        return as_json({"job_id": detach_volume(world, caller.project_id, server_id, volume_id).id})
