"""Routes of both interfaces for tags of images."""

from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from starlette.responses import JSONResponse, Response

from lab.services.ims.image_routes import filters_of
from lab.services.ims.image_schemas import (
    ERRORS,
    BatchTagsBody,
    DeleteTagsBody,
    OldTagBody,
    OldTagsResponse,
    ResourceInstancesBody,
    ResourcesResponse,
    SetTagBody,
    TagValues,
)
from lab.services.ims.image_views import tag_texts
from lab.services.service_app import CallerOf, as_json
from lab.services.shared_schemas import ProjectTagsResponse, TagsResponse
from lab.world.images.image_lists import ImageQuery, list_images, visible_tags
from lab.world.images.image_tags import (
    TagFilter,
    TagQuery,
    add_tags,
    project_tags,
    query_by_tags,
    remove_tag,
    remove_tags,
    set_tag,
    tags_of,
)
from lab.world.images.image_validation import old_style_tag
from lab.world.records import Image
from lab.world.refusal import Refused
from lab.world.state import World

NO_CONTENT: dict[int | str, dict[str, Any]] = {204: {"description": "done"}, **ERRORS}


def add_routes(app: FastAPI, world: World) -> None:
    _add_new_style(app, world)
    _add_batch_delete(app, world)
    _add_queries(app, world)
    _add_old_style(app, world)


def _check_project(project_id: str, caller: CallerOf) -> None:
    if project_id != caller.project_id:
        raise Refused("IMG.0030", "The project id differs from the token's.")


def _add_new_style(app: FastAPI, world: World) -> None:
    path = "/v2/{project_id}/images/{image_id}/tags"

    @app.post(path, status_code=204, responses=NO_CONTENT)
    async def add_image_tag(project_id: str, image_id: str, body: SetTagBody, caller: CallerOf) -> Response:
        _check_project(project_id, caller)
        set_tag(world, project_id, image_id, body.tag.key, body.tag.value)
        return Response(status_code=204)

    @app.get(path, responses={200: {"model": TagsResponse}, **ERRORS})
    async def list_image_tags(project_id: str, image_id: str, caller: CallerOf) -> JSONResponse:
        _check_project(project_id, caller)
        tags = tags_of(world, project_id, image_id)
        return as_json({"tags": [{"key": k, "value": v or ""} for k, v in tags.items()]})

    @app.post(f"{path}/action", status_code=204, responses=NO_CONTENT)
    async def batch_add_or_delete_tags(
        project_id: str, image_id: str, body: BatchTagsBody, caller: CallerOf
    ) -> Response:
        _check_project(project_id, caller)
        if len({tag.key for tag in body.tags}) != len(body.tags) or not body.tags:
            raise Refused("IMG.0115", "A tag key occurs twice, or there is no tag.")
        if body.action == "create":
            add_tags(world, project_id, image_id, [(tag.key, tag.value or "") for tag in body.tags])
        elif body.action == "delete":
            if any(len(tag.key) > 127 or len(tag.value or "") > 255 for tag in body.tags):
                raise Refused("IMG.0115", "A tag's key or value is too long.")
            remove_tags(world, project_id, image_id, [(tag.key, tag.value) for tag in body.tags])
        else:
            raise Refused("IMG.0001", "action must be create or delete.")
        return Response(status_code=204)

    @app.delete(f"{path}/{{key}}", status_code=204, responses=NO_CONTENT)
    async def delete_image_tag(project_id: str, image_id: str, key: str, caller: CallerOf) -> Response:
        _check_project(project_id, caller)
        if not remove_tag(world, project_id, image_id, key):
            # Not documented: the code; the status 404 is.
            return as_json({"error": {"code": "IMG.0115", "message": "The tag does not exist."}}, 404)
        return Response(status_code=204)


def _add_batch_delete(app: FastAPI, world: World) -> None:
    @app.delete("/v1/{project_id}/cloudimages/{image_id}/tags/delete", status_code=204, responses=NO_CONTENT)
    async def batch_delete_tags(project_id: str, image_id: str, body: DeleteTagsBody, caller: CallerOf) -> Response:
        _check_project(project_id, caller)
        remove_tags(world, project_id, image_id, [(tag.key, tag.value) for tag in body.tags])
        return Response(status_code=204)


def _add_queries(app: FastAPI, world: World) -> None:
    @app.get("/v2/{project_id}/images/tags", responses={200: {"model": ProjectTagsResponse}, **ERRORS})
    async def list_images_tags(project_id: str, caller: CallerOf) -> JSONResponse:
        _check_project(project_id, caller)
        found = project_tags(world, project_id)
        return as_json({"tags": [{"key": key, "values": values} for key, values in found.items()]})

    @app.post(
        "/v2/{project_id}/images/resource_instances/action",
        responses={200: {"model": ResourcesResponse}, **ERRORS},
    )
    async def list_image_by_tags(project_id: str, body: ResourceInstancesBody, caller: CallerOf) -> JSONResponse:
        _check_project(project_id, caller)
        found = query_by_tags(world, project_id, _query(body))
        if body.action == "count":
            return as_json({"total_count": len(found)})
        if body.action != "filter":
            raise Refused("IMG.0001", "action must be filter or count.")
        start, limit = _page(body)
        page = found[start : start + limit]
        return as_json({"total_count": len(found), "resources": [_resource(world, i) for i in page]})


def _page(body: ResourceInstancesBody) -> tuple[int, int]:
    for text in (body.limit, body.offset):
        if text is not None and not (text.isascii() and text.isdigit() and len(text) < 10):
            raise Refused("IMG.0001", "limit and offset must be numbers.")
    limit = int(body.limit or 10)
    if not 1 <= limit <= 1000:
        raise Refused("IMG.0001", "limit must be from 1 to 1000.")
    return int(body.offset or 0), limit


def _query(body: ResourceInstancesBody) -> TagQuery:
    matches = {match.key: match.value for match in body.matches or []}
    if set(matches) - {"resource_name", "resource_id"}:
        raise Refused("IMG.0001", "A match key must be resource_name or resource_id.")
    return TagQuery(
        tags=_filters(body.tags),
        tags_any=_filters(body.tags_any),
        not_tags=_filters(body.not_tags),
        not_tags_any=_filters(body.not_tags_any),
        without_any_tag=body.without_any_tag,
        resource_id=matches.get("resource_id"),
        resource_name=matches.get("resource_name"),
    )


def _filters(items: list[TagValues] | None) -> tuple[TagFilter, ...]:
    if items is None:
        return ()
    if not 1 <= len(items) <= 10 or len({item.key for item in items}) != len(items):
        raise Refused("IMG.0115", "1 to 10 different tag keys are allowed.")
    if any(len(value) > 255 for item in items for value in item.values):
        raise Refused("IMG.0115", "A tag value is too long.")
    return tuple(TagFilter(item.key, tuple(item.values)) for item in items)


def _resource(world: World, image: Image) -> dict[str, Any]:
    return {
        "resource_id": image.id,
        "resource_name": image.name,
        "resource_detail": {"status": image.status},
        "tags": [{"key": k, "value": v or ""} for k, v in visible_tags(world, image).items()],
    }


def _add_old_style(app: FastAPI, world: World) -> None:
    @app.put("/v1/cloudimages/tags", status_code=204, responses=NO_CONTENT)
    async def create_or_update_tags(body: OldTagBody, caller: CallerOf) -> Response:
        if (body.tag is None) == (body.image_tag is None):
            raise Refused("IMG.0115", "Exactly one of tag and image_tag is needed.")
        key, value = (body.image_tag.key, body.image_tag.value) if body.image_tag else old_style_tag(body.tag or "")
        set_tag(world, caller.project_id, body.image_id, key, value)
        return Response(status_code=204)

    @app.get("/v1/cloudimages/tags", responses={200: {"model": OldTagsResponse}, **ERRORS})
    async def list_tags(
        request: Request,
        caller: CallerOf,
        limit: Annotated[int, Query(ge=1, le=1000)] = 500,
        page: Annotated[int, Query(ge=0)] = 0,
    ) -> JSONResponse:
        images = list_images(world, ImageQuery(caller.project_id, filters_of(request), limit=10_000))
        own = [i for i in images if i.imagetype != "gold"]
        texts = sorted({text for image in own for text in tag_texts(world, visible_tags(world, image))})
        start = max(page - 1, 0) * limit
        return as_json({"tags": texts[start : start + limit]})
