"""The native image interface (glance): errors are XML here."""

from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response

from lab.services.common import CallerOf, as_json, json_or_none
from lab.services.errors import refusal, xml_error
from lab.services.ims.models import XML_ERRORS
from lab.services.ims.views import show_image
from lab.world.image_changes import delete_image
from lab.world.image_checks import readable_image
from lab.world.image_tags import add_bare_tag, remove_tag
from lab.world.refusal import Refused
from lab.world.state import World

NO_CONTENT: dict[int | str, dict[str, Any]] = {204: {"description": "done"}, **XML_ERRORS}


def not_found() -> Response:
    # documented: 404 among the native errors; how it looks is not
    return refusal(xml_error, Refused("IMG.0144", "No image found with the given id."), 404)


def add_routes(app: FastAPI, world: World) -> None:
    @app.get("/v2/images/{image_id}", responses={200: {"model": dict[str, Any]}, **XML_ERRORS})
    async def glance_show_image(image_id: str, caller: CallerOf) -> Response:
        image = readable_image(world, caller.project_id, image_id)
        if image is None:
            return not_found()
        return as_json(show_image(world, image, caller.project_id))

    @app.delete("/v2/images/{image_id}", status_code=204, responses=NO_CONTENT)
    async def glance_delete_image(image_id: str, request: Request, caller: CallerOf) -> Response:
        body = await request.body()
        if body and not isinstance(json_or_none(body), dict):
            raise Refused("IMG.0016", "The request body is invalid.")
        if readable_image(world, caller.project_id, image_id) is None:
            return not_found()
        delete_image(world, caller.project_id, image_id)
        return Response(status_code=204)

    @app.put("/v2/images/{image_id}/tags/{tag}", status_code=204, responses=NO_CONTENT)
    async def glance_create_tag(image_id: str, tag: str, caller: CallerOf) -> Response:
        if readable_image(world, caller.project_id, image_id) is None:
            return not_found()
        add_bare_tag(world, caller.project_id, image_id, tag)
        return Response(status_code=204)

    @app.delete("/v2/images/{image_id}/tags/{tag}", status_code=204, responses=NO_CONTENT)
    async def glance_delete_tag(image_id: str, tag: str, caller: CallerOf) -> Response:
        if readable_image(world, caller.project_id, image_id) is None:
            return not_found()
        if not remove_tag(world, caller.project_id, image_id, tag):
            return not_found()
        return Response(status_code=204)
