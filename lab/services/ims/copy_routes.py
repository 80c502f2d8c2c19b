"""Routes for copies and exports of images."""

from fastapi import FastAPI
from starlette.responses import JSONResponse

from lab.services.ims.image_actions import tags_of_body
from lab.services.ims.image_schemas import ERRORS, Tag
from lab.services.service_app import Body, CallerOf, TolerantInt, as_json
from lab.services.shared_schemas import JobId
from lab.world.images.image_copies import CopyOrder, copy_in_region, copy_to_region, export_image
from lab.world.images.image_import import ImageOrder, create_data_image_from_file
from lab.world.refusal import Refused
from lab.world.state import World


class CopyBody(Body):
    name: str
    description: str | None = None
    cmk_id: str | None = None
    enterprise_project_id: str | None = None


class CrossRegionBody(Body):
    name: str
    region: str
    project_name: str
    agency_name: str
    description: str | None = None
    vault_id: str | None = None


class ExportBody(Body):
    bucket_url: str
    file_format: str | None = None
    is_quick_export: bool = False


class DataImageBody(Body):
    name: str
    image_url: str
    min_disk: TolerantInt
    os_type: str | None = None
    description: str | None = None
    enterprise_project_id: str | None = None
    cmk_id: str | None = None
    tags: list[str] | None = None
    image_tags: list[Tag] | None = None


def add_routes(app: FastAPI, world: World) -> None:
    """Add the routes; each call has a twin under v2.1, which also checks the right to use a key."""
    responses = {200: {"model": JobId}, **ERRORS}

    async def copy(image_id: str, body: CopyBody, caller: CallerOf) -> JSONResponse:
        order = CopyOrder(body.name, body.description, body.enterprise_project_id, body.cmk_id)
        return as_json({"job_id": copy_in_region(world, caller.project_id, image_id, order).id})

    async def export(image_id: str, body: ExportBody, caller: CallerOf) -> JSONResponse:
        job = export_image(world, caller.project_id, image_id, body.bucket_url, body.file_format, body.is_quick_export)
        return as_json({"job_id": job.id})

    async def create_data_image(body: DataImageBody, caller: CallerOf) -> JSONResponse:
        return as_json({"job_id": _create_data_image(world, caller.project_id, body)})

    for version, suffix in (("v1", ""), ("v2.1", "_in_safe_mode")):
        path = f"/{version}/cloudimages"
        app.post(f"{path}/{{image_id}}/copy", responses=responses, name=f"copy_image_in_region{suffix}")(copy)
        app.post(f"{path}/{{image_id}}/file", responses=responses, name=f"export_image{suffix}")(export)
        app.post(f"{path}/dataimages/action", responses=responses, name=f"create_data_image{suffix}")(create_data_image)

    @app.post("/v1/cloudimages/{image_id}/cross_region_copy", responses=responses)
    async def copy_image_cross_region(image_id: str, body: CrossRegionBody, caller: CallerOf) -> JSONResponse:
        order = CopyOrder(
            body.name,
            body.description,
            region=body.region,
            project_name=body.project_name,
            agency_name=body.agency_name,
        )
        return as_json({"job_id": copy_to_region(world, caller.project_id, image_id, order).id})


def _create_data_image(world: World, project_id: str, body: DataImageBody) -> str:
    if not 40 <= body.min_disk <= 2048:
        raise Refused("IMG.0055", "The minimum disk must be from 40 to 2048 GB.")
    order = ImageOrder(
        project_id=project_id,
        name=body.name,
        description=body.description,
        tags=tags_of_body(body.tags, body.image_tags),
        enterprise_project_id=body.enterprise_project_id or "0",
        min_disk=body.min_disk,
        cmk_id=body.cmk_id,
    )
    return create_data_image_from_file(world, order, body.image_url, body.os_type).id
