"""Routes that create images and return a job."""

from dataclasses import replace

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse

from lab.services.ims.image_schemas import ERRORS, CreateImageBody, DataImage, JobResponse, QuickImportBody, Tag
from lab.services.ims.image_views import show_job
from lab.services.service_app import CallerOf, as_json, name_operation
from lab.services.shared_schemas import JobId
from lab.world.images.image_capture import create_data_images, create_from_server, create_from_volume
from lab.world.images.image_import import ImageOrder, create_data_image_from_file, create_from_file
from lab.world.images.image_validation import check_tags, old_style_tag
from lab.world.procedures import Job
from lab.world.records import Tags
from lab.world.refusal import Refused
from lab.world.state import World


def tags_of_body(tags: list[str] | None, image_tags: list[Tag] | None) -> Tags:
    """Return tags given in either of their forms, of which a request must use one."""
    if tags and image_tags:
        # Not documented: the code for both forms at once.
        raise Refused("IMG.0115", "tags and image_tags cannot be used together.")
    if tags:
        return check_tags([old_style_tag(text) for text in tags])
    return check_tags([(tag.key, tag.value) for tag in image_tags or []])


def add_routes(app: FastAPI, world: World) -> None:
    @app.post("/v2/cloudimages/action", responses={200: {"model": JobId}, **ERRORS})
    async def create_image(request: Request, body: CreateImageBody, caller: CallerOf) -> JSONResponse:
        return as_json({"job_id": _create(world, request, body, caller.project_id).id})

    @app.post("/v2.1/cloudimages/action", responses={200: {"model": JobId}, **ERRORS})
    async def create_image_in_safe_mode(request: Request, body: CreateImageBody, caller: CallerOf) -> JSONResponse:
        return as_json({"job_id": _create(world, request, body, caller.project_id).id})

    @app.post("/v2/cloudimages/quickimport/action", responses={200: {"model": JobId}, **ERRORS})
    async def import_image_quick(body: QuickImportBody, caller: CallerOf) -> JSONResponse:
        return as_json({"job_id": _quick_import(world, body, caller.project_id).id})

    @app.get("/v1/{project_id}/jobs/{job_id}", responses={200: {"model": JobResponse}, **ERRORS}, name="show_job")
    async def show_job_of_project(project_id: str, job_id: str, caller: CallerOf) -> JSONResponse:
        if project_id != caller.project_id:
            raise Refused("IMG.0030", "The project id differs from the token's.")
        return _job_response(world, caller.project_id, job_id, is_progress_path=False)

    @app.get("/v1/cloudimages/job/{job_id}", responses={200: {"model": JobResponse}, **ERRORS})
    async def show_job_progress(job_id: str, caller: CallerOf) -> JSONResponse:
        return _job_response(world, caller.project_id, job_id, is_progress_path=True)


def _job_response(world: World, project_id: str, job_id: str, is_progress_path: bool) -> JSONResponse:
    job = world.jobs.find("ims", project_id, job_id)
    if job is None:
        message = "The job id is invalid."
        if world.variants.unknown_job == "404":
            return as_json({"error": {"code": "Common.0011", "message": message}}, 404)
        raise Refused("Common.0011", message)
    return as_json(show_job(world, job, is_progress_path))


def _order(project_id: str, body: CreateImageBody) -> ImageOrder:
    order = _common_order(project_id, body)
    return replace(order, min_ram=body.min_ram, max_ram=body.max_ram, cmk_id=body.cmk_id, quick=body.is_quick_import)


def _common_order(project_id: str, body: CreateImageBody | QuickImportBody) -> ImageOrder:
    return ImageOrder(
        project_id=project_id,
        name=body.name,
        description=body.description,
        tags=tags_of_body(body.tags, body.image_tags),
        enterprise_project_id=body.enterprise_project_id or "0",
        min_disk=body.min_disk,
        type=body.type,
        os_version=body.os_version,
        os_type=body.os_type,
        architecture=body.architecture,
        firmware=body.hw_firmware_type,
    )


def _create(world: World, request: Request, body: CreateImageBody, project_id: str) -> Job:
    """
    Choose the form by the given fields.

    Not documented: the selector that wins when there are several.
    """
    if body.instance_id is not None:
        name_operation(request, "create_image_from_server")
        return create_from_server(world, _order(project_id, body), body.instance_id)
    if body.volume_id is not None:
        name_operation(request, "create_image_from_volume")
        return create_from_volume(world, _order(project_id, body), body.volume_id)
    if body.image_url is not None:
        name_operation(request, "create_iso_image" if body.type == "IsoImage" else "create_image_from_file")
        return create_from_file(world, _order(project_id, body), body.image_url)
    if body.data_images:
        name_operation(request, "create_data_images")
        return create_data_images(world, [_data_order(project_id, body, d) for d in body.data_images])
    raise Refused("IMG.0057", "image_url, instance_id, volume_id or data_images is required.")


def _data_order(project_id: str, body: CreateImageBody, item: DataImage) -> tuple[ImageOrder, str]:
    if not item.volume_id:
        raise Refused("IMG.0120", "The data disk id is not usable.")
    tags = tags_of_body(item.tags or body.tags, item.image_tags or body.image_tags)
    order = ImageOrder(
        project_id=project_id,
        name=item.name or body.name,
        description=item.description or body.description,
        tags=tags,
        enterprise_project_id=body.enterprise_project_id or "0",
    )
    return order, item.volume_id


def _quick_import(world: World, body: QuickImportBody, project_id: str) -> Job:
    if body.image_url.lower().endswith(".iso"):
        raise Refused("IMG.0158", "A quick import takes raw and zvhd2 files only.")
    order = replace(_common_order(project_id, body), quick=True)
    if body.type == "DataImage":
        return create_data_image_from_file(world, order, body.image_url, body.os_type)
    return create_from_file(world, order, body.image_url)
