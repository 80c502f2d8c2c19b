"""Routes that create an image's metadata, and then take its file (native interface)."""

from pathlib import Path
from typing import Any, Literal

from fastapi import FastAPI, Request
from pydantic import Field
from starlette.responses import Response

from lab.services.ims.image_schemas import XML_ERRORS
from lab.services.ims.image_views import show_image
from lab.services.ims.native_routes import not_found
from lab.services.service_app import Body, CallerOf, TolerantInt, as_json
from lab.world.images.image_import import ImageOrder
from lab.world.images.image_upload import accept_file, create_metadata, new_upload
from lab.world.images.image_validation import check_tag, readable_image
from lab.world.state import World


class MetadataBody(Body):
    name: str | None = None
    os_version: str | None = Field(None, alias="__os_version")
    container_format: Literal["bare"] | None = None
    disk_format: str | None = None
    min_disk: TolerantInt | None = None
    min_ram: TolerantInt | None = None
    protected: bool | None = None
    tags: list[str] | None = None
    visibility: Literal["private"] | None = None


ERRORS: dict[int | str, dict[str, Any]] = {**XML_ERRORS, 409: {**XML_ERRORS[400], "description": "conflict"}}


def add_routes(app: FastAPI, world: World) -> None:
    @app.post("/v2/images", status_code=201, responses={201: {"model": dict[str, Any]}, **XML_ERRORS})
    async def glance_create_image_metadata(body: MetadataBody, caller: CallerOf) -> Response:
        order = ImageOrder(
            project_id=caller.project_id,
            name=body.name,
            tags={check_tag(tag, "")[0]: None for tag in body.tags or ()},
            min_disk=body.min_disk,
            min_ram=body.min_ram,
            os_version=body.os_version,
        )
        image = create_metadata(world, order, body.disk_format, body.protected is True)
        return as_json(show_image(world, image, caller.project_id), 201)

    @app.put(
        "/v2/images/{image_id}/file",
        status_code=204,
        responses={204: {"description": "done"}, **ERRORS},
        openapi_extra={"requestBody": {"content": {"application/octet-stream": {"schema": {"type": "string"}}}}},
    )
    async def glance_upload_image_file(image_id: str, request: Request, caller: CallerOf) -> Response:
        """Take a file that the gateway has stored already, or a small one from the request."""
        if readable_image(world, caller.project_id, image_id) is None:
            return not_found(world)
        upload: Path | None = request.scope.get("lab.upload")
        if upload is None:
            upload = new_upload(world)
            upload.write_bytes(await request.body())
        accept_file(world, caller.project_id, image_id, upload)
        return Response(status_code=204)
