"""The disk service's application: creation, details, deletion, jobs."""

from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.responses import JSONResponse

from lab.services.error_shapes import wrapped_error
from lab.services.evs.volume_lists import add_lists
from lab.services.evs.volume_project import ProjectCaller
from lab.services.evs.volume_schemas import (
    ERRORS,
    ChangedVolume,
    CreatedVolumes,
    CreateVolumeBody,
    JobResponse,
    UpdateVolumeRequest,
    VolumeActionBody,
    VolumeBody,
    VolumeResponse,
)
from lab.services.evs.volume_tag_routes import add_tags
from lab.services.evs.volume_views import show_changed_volume, show_job, show_volume
from lab.services.service_app import as_json, first_problem, service_app
from lab.services.shared_schemas import JobId
from lab.world.identity.iam import Caller
from lab.world.refusal import Refused
from lab.world.state import World
from lab.world.volumes.volume_changes import extend_volume, update_volume
from lab.world.volumes.volume_operations import create_volumes, delete_volume, own_volume
from lab.world.volumes.volume_orders import VolumeOrder


def create_app(world: World) -> FastAPI:
    """Return the EVS application with all its routes."""
    app = service_app("EVS", world, lambda path: wrapped_error, _explain)
    add_lists(app, world)
    add_tags(app, world)
    _add_changes(app, world)
    return app


def _explain(error: RequestValidationError) -> Refused:
    place, problem = first_problem(error)
    if place == "query.limit":
        return Refused("EVS.1023", "limit is invalid.")
    if place == "query.offset":
        return Refused("EVS.1024", "offset is invalid.")
    return Refused("EVS.5400", f"Malformed request: {place.removeprefix('body.')}: {problem}")


def _add_changes(app: FastAPI, world: World) -> None:
    @app.post("/v2.1/{project_id}/cloudvolumes", responses={200: {"model": CreatedVolumes}, **ERRORS})
    async def create_volume(body: CreateVolumeBody, caller: ProjectCaller) -> JSONResponse:
        return as_json(_create(world, body.volume, caller, body.server_id))

    @app.post("/v2/{project_id}/cloudvolumes", responses={200: {"model": CreatedVolumes}, **ERRORS})
    async def create_volume_v2(body: CreateVolumeBody, caller: ProjectCaller) -> JSONResponse:
        return as_json(_create(world, body.volume, caller, body.server_id))

    @app.get(
        "/v2/{project_id}/cloudvolumes/{volume_id}",
        responses={200: {"model": VolumeResponse}, **ERRORS},
        name="show_volume",
    )
    async def show_one_volume(volume_id: str, caller: ProjectCaller) -> JSONResponse:
        return as_json({"volume": show_volume(app, own_volume(world, caller.project_id, volume_id))})

    @app.delete(
        "/v2/{project_id}/cloudvolumes/{volume_id}",
        responses={200: {"model": JobId}, **ERRORS},
        name="delete_volume",
    )
    async def delete_one_volume(volume_id: str, caller: ProjectCaller) -> JSONResponse:
        return as_json({"job_id": delete_volume(world, caller.project_id, volume_id).id})

    _add_updates(app, world)
    _add_jobs(app, world)


def _add_updates(app: FastAPI, world: World) -> None:
    @app.put(
        "/v2/{project_id}/cloudvolumes/{volume_id}",
        responses={200: {"model": ChangedVolume}, **ERRORS},
        name="update_volume",
    )
    async def update_one_volume(volume_id: str, body: UpdateVolumeRequest, caller: ProjectCaller) -> JSONResponse:
        volume = update_volume(world, caller.project_id, volume_id, body.volume.name, body.volume.description)
        return as_json(show_changed_volume(app, volume))

    @app.post(
        "/v2.1/{project_id}/cloudvolumes/{volume_id}/action",
        status_code=202,
        responses={202: {"model": JobId}, **ERRORS},
    )
    async def resize_volume(volume_id: str, body: VolumeActionBody, caller: ProjectCaller) -> JSONResponse:
        return as_json({"job_id": extend_volume(world, caller.project_id, volume_id, body.os_extend.new_size).id}, 202)


def _add_jobs(app: FastAPI, world: World) -> None:
    @app.get("/v1/{project_id}/jobs/{job_id}", responses={200: {"model": JobResponse}, **ERRORS}, name="show_job")
    async def show_volume_job(job_id: str, caller: ProjectCaller) -> JSONResponse:
        job = world.jobs.find("evs", caller.project_id, job_id)
        if job is None:
            raise Refused("Common.0011", "The job id is invalid.")
        return as_json(show_job(job))


def _create(world: World, body: VolumeBody, caller: Caller, server_id: str | None) -> dict[str, Any]:
    image = None
    if body.imageRef is not None:
        image = world.images.get(body.imageRef)
        if image is None or image.status != "active" or image.is_iso:
            raise Refused("EVS.2046", "imageRef is invalid.")
    if len(body.name) > 64 or len(body.description) > 85:
        raise Refused("EVS.5400", "The name or the description is too long.")
    metadata = dict(body.metadata or {})
    order = VolumeOrder(
        project_id=caller.project_id,
        user_id=caller.user.id,
        name=body.name,
        description=body.description,
        size_gib=body.size,
        volume_type=body.volume_type,
        availability_zone=body.availability_zone,
        image=image,
        multiattach=body.multiattach,
        passthrough=metadata.pop("hw:passthrough", "false") == "true",
        metadata=metadata,
        tags=body.tags or {},
        enterprise_project_id=body.enterprise_project_id or "0",
        iops=body.iops,
        throughput=body.throughput,
    )
    job = create_volumes(world, order, body.count, server_id)
    return {"job_id": job.id, "volume_ids": job.params["volume_ids"]}
