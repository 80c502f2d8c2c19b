"""Routes for metadata of servers after their creation."""

from typing import Any

from fastapi import FastAPI
from starlette.responses import JSONResponse, Response

from lab.services.ecs.server_project import ProjectCaller
from lab.services.ecs.server_responses import ERRORS
from lab.services.service_app import Body, Part, as_json
from lab.world.servers.server_tags import delete_metadata, set_metadata
from lab.world.state import World


class MetadataBody(Body):
    metadata: dict[str, str]


class MetadataResponse(Part):
    metadata: dict[str, str]


def add_routes(app: FastAPI, world: World) -> None:
    path = "/v1/{project_id}/cloudservers/{server_id}/metadata"
    done: dict[int | str, dict[str, Any]] = {204: {"description": "done"}, **ERRORS}

    @app.post(path, responses={200: {"model": MetadataResponse}, **ERRORS})
    async def update_server_metadata(server_id: str, body: MetadataBody, caller: ProjectCaller) -> JSONResponse:
        set_metadata(world, caller.project_id, server_id, body.metadata)
        return as_json({"metadata": body.metadata})

    @app.delete(f"{path}/{{key}}", status_code=204, responses=done)
    async def delete_server_metadata(server_id: str, key: str, caller: ProjectCaller) -> Response:
        delete_metadata(world, caller.project_id, server_id, key)
        return Response(status_code=204)
