"""EVS: disks."""

import json
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field
from starlette.responses import JSONResponse

from lab.services.common import (
    Body,
    Part,
    TolerantInt,
    as_json,
    first_problem,
    microseconds,
    milliseconds,
    service_app,
    the_caller,
)
from lab.services.errors import wrapped_error
from lab.world.iam import Caller
from lab.world.jobs import Job
from lab.world.records import Volume
from lab.world.refusal import Refused
from lab.world.state import World
from lab.world.volumes import (
    VOLUME_TYPES,
    VolumeOrder,
    VolumeType,
    create_volumes,
    delete_volume,
    own_volume,
)

STATUSES = frozenset(
    [
        "creating",
        "available",
        "in-use",
        "error",
        "attaching",
        "detaching",
        "restoring-backup",
        "backing-up",
        "error_restoring",
        "uploading",
        "downloading",
        "extending",
        "error_extending",
        "deleting",
        "error_deleting",
        "rollbacking",
        "error_rollbacking",
        "awaiting-transfer",
        "error_detaching",
    ]
)


class VolumeBody(Body):
    availability_zone: str
    volume_type: str
    size: TolerantInt
    name: str = ""
    description: str = ""
    count: TolerantInt = 1
    multiattach: bool = False
    imageRef: str | None = None
    snapshot_id: str | None = None
    backup_id: str | None = None
    metadata: dict[str, str] | None = None
    tags: dict[str, str] | None = None
    enterprise_project_id: str | None = None
    iops: TolerantInt | None = None
    throughput: TolerantInt | None = None


class CreateVolumeBody(Body):
    volume: VolumeBody
    bssParam: dict[str, Any] | None = None
    server_id: str | None = None
    scheduler_hints: dict[str, Any] | None = Field(None, alias="OS-SCH-HNT:scheduler_hints")


class VolumeAnswer(Part):
    volume: dict[str, Any]


class VolumesAnswer(Part):
    count: int
    volumes: list[dict[str, Any]]


class JobIdAnswer(Part):
    job_id: str


class CreatedVolumes(Part):
    job_id: str
    volume_ids: list[str]


class JobAnswer(Part):
    status: str
    job_id: str
    job_type: str
    begin_time: str
    end_time: str
    error_code: str | None
    fail_reason: str | None
    entities: dict[str, Any]


class TypesAnswer(Part):
    volume_types: list[dict[str, Any]]


class UsageAnswer(Part):
    reserved: int
    limit: int
    in_use: int


class QuotaSet(Part):
    id: str
    volumes: UsageAnswer
    gigabytes: UsageAnswer


class QuotaAnswer(Part):
    quota_set: QuotaSet


class ErrorBody(Part):
    code: str
    message: str


class EvsError(Part):
    error: ErrorBody


class GatewayError(Part):
    error_code: str
    error_msg: str
    request_id: str


ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": EvsError, "description": "documented error"},
    **{
        status: {"model": GatewayError | EvsError, "description": "documented error"}
        for status in (401, 403, 404, 500, 503)
    },
}


def own_project(request: Request, project_id: str) -> Caller:
    """The caller, if the project in the path is the one that he is signed in to.

    Raises:
        Refused: EVS.0001 otherwise.
    """
    caller = the_caller(request)
    if project_id != caller.project_id:
        raise Refused("EVS.0001", "The project id differs from the token's.")
    return caller


ProjectCaller = Annotated[Caller, Depends(own_project)]


def create_app(world: World) -> FastAPI:
    """EVS with all its routes."""
    app = service_app("EVS", world, lambda path: wrapped_error, _explain)
    _add_lists(app, world)
    _add_changes(app, world)
    return app


def _explain(error: RequestValidationError) -> Refused:
    place, problem = first_problem(error)
    if place == "query.limit":
        return Refused("EVS.1023", "limit is invalid.")
    if place == "query.offset":
        return Refused("EVS.1024", "offset is invalid.")
    return Refused("EVS.5400", f"Malformed request: {place.removeprefix('body.')}: {problem}")


def _add_lists(app: FastAPI, world: World) -> None:
    @app.get("/v2/{project_id}/cloudvolumes/detail", responses={200: {"model": VolumesAnswer}, **ERRORS})
    async def list_volumes(
        request: Request,
        caller: ProjectCaller,
        limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
        offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
        marker: str | None = None,
        sort_key: str = "created_at",
        sort_dir: str = "desc",
    ) -> JSONResponse:
        found = _matching(world, caller.project_id, dict(request.query_params))
        found = _sorted(found, sort_key, sort_dir)
        total, start = len(found), offset
        if marker is not None:
            ids = [v.id for v in found]
            if marker not in ids:
                raise Refused("EVS.2142", "The marker is invalid.")
            start = ids.index(marker) + 1
        page = found[start : start + limit]
        body: dict[str, Any] = {"count": total, "volumes": [show_volume(app, v) for v in page]}
        if start + limit < total and page:
            base = app.state.endpoints["evs"]
            href = f"{base}/v2/{caller.project_id}/cloudvolumes/detail?limit={limit}&marker={page[-1].id}"
            body["volumes_links"] = [{"rel": "next", "href": href}]
        return as_json(body)

    @app.get("/v2/{project_id}/types", responses={200: {"model": TypesAnswer}, **ERRORS})
    async def cinder_list_volume_types(caller: ProjectCaller) -> JSONResponse:
        return as_json({"volume_types": [_show_type(t) for t in VOLUME_TYPES.values()]})

    @app.get("/v2/{project_id}/os-quota-sets/{target_project_id}", responses={200: {"model": QuotaAnswer}, **ERRORS})
    async def cinder_list_quotas(caller: ProjectCaller, target_project_id: str, usage: str = "True") -> JSONResponse:
        if target_project_id != caller.project_id or usage.lower() != "true":
            raise Refused("EVS.5400", "target_project_id must be the project's, and usage must be True.")
        return as_json({"quota_set": _quota_set(world, caller.project_id)})


def _quota_set(world: World, project_id: str) -> dict[str, Any]:
    """The quotas for disks; those of single disk types, of snapshots and of backups are left out."""
    volumes, quotas = world.volumes.where("project_id", project_id), world.settings.quotas
    return {
        "id": project_id,
        "volumes": {"reserved": 0, "limit": quotas.volumes, "in_use": len(volumes)},
        "gigabytes": {"reserved": 0, "limit": quotas.gigabytes, "in_use": sum(v.size_gib for v in volumes)},
    }


def _sorted(volumes: list[Volume], key: str, direction: str) -> list[Volume]:
    keys: dict[str, Any] = {
        "created_at": lambda v: v.created_at,
        "id": lambda v: v.id,
        "status": lambda v: v.status,
        "size": lambda v: v.size_gib,
    }
    if key not in keys or direction not in ("asc", "desc"):
        raise Refused("EVS.1070", "sort_key or sort_dir is invalid.")
    return sorted(volumes, key=lambda v: (keys[key](v), v.id), reverse=direction == "desc")


def _matching(world: World, project_id: str, filters: dict[str, str]) -> list[Volume]:
    if "status" in filters and filters["status"] not in STATUSES:
        raise Refused("EVS.1031", "The status is invalid.")
    types = {t.id: t.name for t in VOLUME_TYPES.values()}
    wanted: dict[str, Any] = {
        "name": lambda v: v.name,
        "status": lambda v: v.status,
        "server_id": lambda v: v.server_id,
        "availability_zone": lambda v: v.availability_zone,
        "multiattach": lambda v: str(v.multiattach).lower(),
        "service_type": lambda v: "EVS",
    }
    found = [v for v in world.volumes.where("project_id", project_id) if v.visible_at <= world.now()]
    for name, read in wanted.items():
        if name in filters:
            value = filters[name]
            found = [v for v in found if read(v) == value]
    if "volume_type_id" in filters:
        found = [v for v in found if v.volume_type == types.get(filters["volume_type_id"])]
    if filters.get("enterprise_project_id", "all_granted_eps") != "all_granted_eps":
        found = [v for v in found if v.enterprise_project_id == filters["enterprise_project_id"]]
    if "metadata" in filters:
        found = [v for v in found if _has_metadata(v, filters["metadata"])]
    ids = _ids(filters)
    return found if ids is None else [v for v in found if v.id in ids]


def _ids(filters: dict[str, str]) -> set[str] | None:
    if "ids" in filters:
        text = filters["ids"].strip("[] ")
        return {part.strip(" \"'") for part in text.split(",")}
    return {filters["id"]} if "id" in filters else None


def _has_metadata(volume: Volume, text: str) -> bool:
    try:
        wanted = json.loads(text.replace("'", '"'))
    except (ValueError, RecursionError):
        raise Refused("EVS.1070", "metadata is invalid.") from None
    return isinstance(wanted, dict) and all(volume.metadata.get(k) == str(v) for k, v in wanted.items())


def _add_changes(app: FastAPI, world: World) -> None:
    @app.post("/v2.1/{project_id}/cloudvolumes", responses={200: {"model": CreatedVolumes}, **ERRORS})
    async def create_volume(body: CreateVolumeBody, caller: ProjectCaller) -> JSONResponse:
        return as_json(_create(world, body.volume, caller, body.server_id))

    @app.post("/v2/{project_id}/cloudvolumes", responses={200: {"model": CreatedVolumes}, **ERRORS})
    async def create_volume_v2(body: CreateVolumeBody, caller: ProjectCaller) -> JSONResponse:
        return as_json(_create(world, body.volume, caller, body.server_id))

    @app.get(
        "/v2/{project_id}/cloudvolumes/{volume_id}",
        responses={200: {"model": VolumeAnswer}, **ERRORS},
        name="show_volume",
    )
    async def show_one_volume(volume_id: str, caller: ProjectCaller) -> JSONResponse:
        return as_json({"volume": show_volume(app, own_volume(world, caller.project_id, volume_id))})

    @app.delete(
        "/v2/{project_id}/cloudvolumes/{volume_id}",
        responses={200: {"model": JobIdAnswer}, **ERRORS},
        name="delete_volume",
    )
    async def delete_one_volume(volume_id: str, caller: ProjectCaller) -> JSONResponse:
        return as_json({"job_id": delete_volume(world, caller.project_id, volume_id).id})

    @app.get("/v1/{project_id}/jobs/{job_id}", responses={200: {"model": JobAnswer}, **ERRORS}, name="show_job")
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


def show_volume(app: FastAPI, volume: Volume) -> dict[str, Any]:
    """The disk object of details and lists."""
    base, project = app.state.endpoints["evs"], volume.project_id
    attachment = {
        "server_id": volume.server_id,
        "attachment_id": volume.attachment_id,
        "volume_id": volume.id,
        "id": volume.id,
        "device": volume.device,
        "host_name": None,
        "attached_at": microseconds(volume.attached_at),
    }
    body = {
        "id": volume.id,
        "name": volume.name,
        "description": volume.description,
        "status": volume.status,
        "size": volume.size_gib,
        "volume_type": volume.volume_type,
        "availability_zone": volume.availability_zone,
        "user_id": volume.user_id,
        "wwn": "688860300" + volume.id.replace("-", "")[:23],
        "service_type": "EVS",
        "enterprise_project_id": volume.enterprise_project_id,
        "serial_number": volume.id[:20],
        "bootable": _bootable(app.state.world, volume),
        "encrypted": volume.metadata.get("__system__encrypted") == "1",
        "multiattach": volume.multiattach,
        "shareable": "false",
        "attachments": [attachment] if volume.attachment_id else [],
        "volume_image_metadata": volume.image_metadata,
        "metadata": volume.metadata,
        "tags": volume.tags,
        "created_at": microseconds(volume.created_at),
        "updated_at": microseconds(volume.updated_at),
        "links": [
            {"rel": "self", "href": f"{base}/v2/{project}/volumes/{volume.id}"},
            {"rel": "bookmark", "href": f"{base}/{project}/volumes/{volume.id}"},
        ],
        "os-vol-host-attr:host": f"{volume.availability_zone}#{volume.volume_type}",
        "os-vol-tenant-attr:tenant_id": project,
        "replication_status": "disabled",
        **dict.fromkeys(_RESERVED),
    }
    for name in ("iops", "throughput"):
        if (value := getattr(volume, name)) is not None:
            body[name] = {"frozened": False, "id": f"{name}-{volume.id}", "total_val": value}
    return body


def _bootable(world: World, volume: Volume) -> str:
    installed = volume.server_id is not None and world.variants.data_disk_bootable == "true"
    return str(volume.bootable or installed).lower()


_RESERVED = (
    "source_volid",
    "snapshot_id",
    "consistencygroup_id",
    "os-vol-mig-status-attr:migstat",
    "os-vol-mig-status-attr:name_id",
    "os-volume-replication:extended_status",
    "dedicated_storage_id",
    "dedicated_storage_name",
)


def show_job(job: Job) -> dict[str, Any]:
    """A disk job."""
    entities: dict[str, Any] = dict(job.entities)
    if job.sub_jobs:
        entities["sub_jobs"] = [
            {
                "status": s.status,
                "job_id": s.job_id,
                "job_type": s.job_type,
                "begin_time": milliseconds(s.begin),
                "end_time": milliseconds(s.end),
                "error_code": s.error_code,
                "fail_reason": s.fail_reason,
                "entities": s.entities,
            }
            for s in job.sub_jobs
        ]
    return {
        "status": job.status,
        "job_id": job.id,
        "job_type": job.job_type,
        "begin_time": milliseconds(job.begin),
        "end_time": milliseconds(job.end),
        "error_code": job.error_code,
        "fail_reason": job.fail_reason,
        "entities": entities,
    }


def _show_type(kind: VolumeType) -> dict[str, Any]:
    zones = ",".join(kind.zones)
    specs = {
        "RESKEY:availability_zones": zones,
        "volume_backend_name": kind.name,
        "availability-zone": kind.zones[0],
        "HW:availability_zone": kind.zones[0],
    }
    if kind.sold_out:
        specs["os-vendor-extended:sold_out_availability_zones"] = ",".join(kind.sold_out)
    return {
        "id": kind.id,
        "name": kind.name,
        "is_public": True,
        "qos_specs_id": None,
        "description": None,
        "extra_specs": specs,
    }
