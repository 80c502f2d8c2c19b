"""Routes for tags of VPCs and subnets."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from starlette.responses import JSONResponse, Response

from lab.services.service_app import as_json
from lab.services.shared_schemas import TagsActionBody, TagsResponse
from lab.services.vpc.network_schemas import ERRORS, NO_CONTENT, ProjectCaller, TagRequest
from lab.services.vpc.subnet_routes import own_subnet
from lab.services.vpc.vpc_routes import own_vpc
from lab.world.network.network_changes import TAG_CODE, add_network_tags, remove_network_tags
from lab.world.refusal import Refused
from lab.world.state import World

Find = Callable[[World, str, str], Any]


def add_routes(app: FastAPI, world: World) -> None:
    """Add the routes of both kinds: they differ in their paths and in the resource."""
    _add_tags(app, world, "vpc", own_vpc)
    _add_tags(app, world, "subnet", own_subnet)


def _add_tags(app: FastAPI, world: World, kind: str, find: Find) -> None:
    path = f"/v2.0/{{project_id}}/{kind}s/{{resource_id}}/tags"

    async def show_tags(resource_id: str, caller: ProjectCaller) -> JSONResponse:
        tags = world.network.tags_of(find(world, caller.project_id, resource_id).id)
        return as_json({"tags": [{"key": key, "value": value} for key, value in tags.items()]})

    async def create_tag(resource_id: str, body: TagRequest, caller: ProjectCaller) -> Response:
        found = find(world, caller.project_id, resource_id)
        add_network_tags(world.network, found.id, [(body.tag.key, body.tag.value)])
        return Response(status_code=204)

    async def change_tags(resource_id: str, body: TagsActionBody, caller: ProjectCaller) -> Response:
        found = find(world, caller.project_id, resource_id)
        if body.action == "create":
            add_network_tags(world.network, found.id, [(tag.key, tag.value or "") for tag in body.tags])
        else:
            remove_network_tags(world.network, found.id, [tag.key for tag in body.tags])
        return Response(status_code=204)

    async def delete_tag(resource_id: str, key: str, caller: ProjectCaller) -> Response:
        found = find(world, caller.project_id, resource_id)
        if key not in world.network.tags_of(found.id):
            # Not documented: the code of a tag that does not exist.
            raise Refused(TAG_CODE, "The tag does not exist.", status=404)
        remove_network_tags(world.network, found.id, [key])
        return Response(status_code=204)

    app.get(path, responses={200: {"model": TagsResponse}, **ERRORS}, name=f"show_{kind}_tags")(show_tags)
    app.post(path, status_code=204, responses=NO_CONTENT, name=f"create_{kind}_tag")(create_tag)
    app.post(f"{path}/action", status_code=204, responses=NO_CONTENT, name=f"batch_change_{kind}_tags")(change_tags)
    app.delete(f"{path}/{{key}}", status_code=204, responses=NO_CONTENT, name=f"delete_{kind}_tag")(delete_tag)
