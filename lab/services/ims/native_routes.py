"""Routes of the native image interface (glance), whose errors are XML."""

from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Request
from starlette.responses import Response

from lab.services.error_shapes import refusal, wrapped_error, xml_error
from lab.services.ims.image_routes import PARAMETERS, filters_of
from lab.services.ims.image_schemas import XML_ERRORS
from lab.services.ims.image_views import show_image
from lab.services.service_app import CallerOf, Part, as_json, json_or_none
from lab.world.images.image_changes import Change, change_image, delete_image
from lab.world.images.image_lists import ImageQuery, list_images
from lab.world.images.image_tags import add_bare_tag, remove_tag
from lab.world.images.image_validation import readable_image
from lab.world.refusal import Refused
from lab.world.state import World

OPERATIONS: tuple[Literal["add", "replace", "remove"], ...] = ("add", "replace", "remove")
NO_CONTENT: dict[int | str, dict[str, Any]] = {204: {"description": "done"}, **XML_ERRORS}


def not_found(world: World) -> Response:
    # Not documented: the form of a 404; the status is among the native errors.
    shape = xml_error if world.variants.native_errors == "xml" else wrapped_error
    return refusal(shape, Refused("IMG.0144", "No image found with the given id."), 404)


class NativeImagesResponse(Part):
    images: list[dict[str, Any]]
    first: str


def _changes(body: bytes) -> list[Change]:
    """Return the operations of a PATCH in its version 2.1 form, or `{"replace": "/name", "value": ...}` of 2.0."""
    items = json_or_none(body)
    if not isinstance(items, list):
        raise Refused("IMG.0001", "The request body must be a list of operations.")
    changes: list[Change] = []
    for item in items:
        if not isinstance(item, dict):
            raise Refused("IMG.0001", "An operation must be an object.")
        for op in OPERATIONS:
            path = item.get("path") if item.get("op") == op else item.get(op)
            if isinstance(path, str) and isinstance(item.get("value"), str | int | None):
                changes.append(Change(op, path, item.get("value")))
                break
        else:
            raise Refused("IMG.0001", "An operation must be add, replace or remove.")
    return changes


def add_routes(app: FastAPI, world: World) -> None:
    _add_reads(app, world)
    _add_changes(app, world)
    _add_tags(app, world)


def _add_reads(app: FastAPI, world: World) -> None:
    @app.get("/v2/images/{image_id}", responses={200: {"model": dict[str, Any]}, **XML_ERRORS})
    async def glance_show_image(image_id: str, caller: CallerOf) -> Response:
        image = readable_image(world, caller.project_id, image_id)
        if image is None:
            return not_found(world)
        return as_json(show_image(world, image, caller.project_id))

    @app.get(
        "/v2/images",
        responses={200: {"model": NativeImagesResponse}, **XML_ERRORS},
        openapi_extra={"parameters": PARAMETERS},
    )
    async def glance_list_images(
        request: Request,
        caller: CallerOf,
        limit: Annotated[int, Query(ge=1, le=1000)] = 500,
        marker: str | None = None,
        sort_key: str = "created_at",
        sort_dir: str = "desc",
        tag: Annotated[list[str] | None, Query()] = None,
    ) -> Response:
        query = ImageQuery(caller.project_id, filters_of(request), tuple(tag or ()), sort_key, sort_dir, limit, marker)
        found = list_images(world, query)
        body: dict[str, Any] = {
            "images": [show_image(world, image, caller.project_id) for image in found],
            "first": "/v2/images",
            "schema": "/v2/schemas/images",
        }
        if len(found) == limit:
            body["next"] = f"/v2/images?marker={found[-1].id}"
        return as_json(body)


def _add_changes(app: FastAPI, world: World) -> None:
    @app.patch("/v2/images/{image_id}", responses={200: {"model": dict[str, Any]}, **XML_ERRORS})
    async def glance_update_image(image_id: str, request: Request, caller: CallerOf) -> Response:
        image = readable_image(world, caller.project_id, image_id)
        if image is None:
            return not_found(world)
        changed = change_image(world, caller.project_id, image_id, _changes(await request.body()))
        return as_json(show_image(world, changed, caller.project_id))

    @app.delete("/v2/images/{image_id}", status_code=204, responses=NO_CONTENT)
    async def glance_delete_image(image_id: str, request: Request, caller: CallerOf) -> Response:
        body = await request.body()
        if body and not isinstance(json_or_none(body), dict):
            raise Refused("IMG.0016", "The request body is invalid.")
        missing = readable_image(world, caller.project_id, image_id) is None
        if missing and world.variants.delete_missing_image == "404":
            return not_found(world)
        delete_image(world, caller.project_id, image_id)
        return Response(status_code=204)


def _add_tags(app: FastAPI, world: World) -> None:
    @app.put("/v2/images/{image_id}/tags/{tag}", status_code=204, responses=NO_CONTENT)
    async def glance_create_tag(image_id: str, tag: str, caller: CallerOf) -> Response:
        if readable_image(world, caller.project_id, image_id) is None:
            return not_found(world)
        add_bare_tag(world, caller.project_id, image_id, tag)
        return Response(status_code=204)

    @app.delete("/v2/images/{image_id}/tags/{tag}", status_code=204, responses=NO_CONTENT)
    async def glance_delete_tag(image_id: str, tag: str, caller: CallerOf) -> Response:
        if readable_image(world, caller.project_id, image_id) is None:
            return not_found(world)
        if not remove_tag(world, caller.project_id, image_id, tag):
            return not_found(world)
        return Response(status_code=204)
