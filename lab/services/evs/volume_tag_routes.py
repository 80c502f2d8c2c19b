"""Routes for tags of disks."""

from fastapi import FastAPI
from starlette.responses import JSONResponse, Response

from lab.services.evs.volume_project import ProjectCaller
from lab.services.evs.volume_schemas import ERRORS
from lab.services.service_app import as_json
from lab.services.shared_schemas import TagsActionBody, TagsResponse
from lab.world.state import World
from lab.world.volumes.volume_changes import add_volume_tags, remove_volume_tags
from lab.world.volumes.volume_operations import own_volume


def add_tags(app: FastAPI, world: World) -> None:
    path = "/v2/{project_id}/cloudvolumes/{volume_id}/tags"

    @app.get(path, responses={200: {"model": TagsResponse}, **ERRORS})
    async def show_volume_tags(volume_id: str, caller: ProjectCaller) -> JSONResponse:
        tags = own_volume(world, caller.project_id, volume_id).tags
        return as_json({"tags": [{"key": key, "value": value} for key, value in tags.items()]})

    @app.post(f"{path}/action", status_code=204, responses={204: {"description": "done"}, **ERRORS})
    async def batch_change_volume_tags(volume_id: str, body: TagsActionBody, caller: ProjectCaller) -> Response:
        if body.action == "create":
            add_volume_tags(world, caller.project_id, volume_id, {tag.key: tag.value or "" for tag in body.tags})
        else:
            remove_volume_tags(world, caller.project_id, volume_id, [tag.key for tag in body.tags])
        return Response(status_code=204)
