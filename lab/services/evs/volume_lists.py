"""Routes for lists of disks, disk types and quotas."""

import json
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from starlette.responses import JSONResponse

from lab.services.evs.volume_project import ProjectCaller
from lab.services.evs.volume_schemas import ERRORS, QuotaResponse, TypesResponse, VolumesResponse, ZonesResponse
from lab.services.evs.volume_views import show_type, show_volume
from lab.services.grants import require_enterprise_project
from lab.services.service_app import as_json
from lab.world.identity.accounts import ZONES
from lab.world.records import Volume
from lab.world.refusal import Refused
from lab.world.state import World
from lab.world.volumes.volume_orders import VOLUME_TYPES

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


def add_lists(app: FastAPI, world: World) -> None:
    @app.get("/v2/{project_id}/cloudvolumes/detail", responses={200: {"model": VolumesResponse}, **ERRORS})
    async def list_volumes(
        request: Request,
        caller: ProjectCaller,
        limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
        offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
        marker: str | None = None,
        sort_key: str = "created_at",
        sort_dir: str = "desc",
    ) -> JSONResponse:
        require_enterprise_project(world, "evs:volumes:list", request.query_params.get("enterprise_project_id"))
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

    _add_catalog(app, world)


def _add_catalog(app: FastAPI, world: World) -> None:
    @app.get("/v2/{project_id}/os-availability-zone", responses={200: {"model": ZonesResponse}, **ERRORS})
    async def cinder_list_availability_zones(caller: ProjectCaller) -> JSONResponse:
        zones = [{"zoneName": zone, "zoneState": {"available": True}} for zone in ZONES]
        return as_json({"availabilityZoneInfo": zones})

    @app.get("/v2/{project_id}/types", responses={200: {"model": TypesResponse}, **ERRORS})
    async def cinder_list_volume_types(caller: ProjectCaller) -> JSONResponse:
        return as_json({"volume_types": [show_type(t) for t in VOLUME_TYPES.values()]})

    @app.get("/v2/{project_id}/os-quota-sets/{target_project_id}", responses={200: {"model": QuotaResponse}, **ERRORS})
    async def cinder_list_quotas(caller: ProjectCaller, target_project_id: str, usage: str = "True") -> JSONResponse:
        if target_project_id != caller.project_id or usage.lower() != "true":
            raise Refused("EVS.5400", "target_project_id must be the project's, and usage must be True.")
        return as_json({"quota_set": _quota_set(world, caller.project_id)})


def _quota_set(world: World, project_id: str) -> dict[str, Any]:
    """Return the quotas for disks; those of single disk types, of snapshots and of backups are left out."""
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
    readers: dict[str, Any] = {
        "name": lambda v: v.name,
        "status": lambda v: v.status,
        "server_id": lambda v: v.server_id,
        "availability_zone": lambda v: v.availability_zone,
        "multiattach": lambda v: str(v.multiattach).lower(),
        "service_type": lambda v: "EVS",
    }
    found = [v for v in world.volumes.where("project_id", project_id) if v.visible_at <= world.now()]
    for name, read in readers.items():
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
        metadata = json.loads(text.replace("'", '"'))
    except (ValueError, RecursionError):
        raise Refused("EVS.1070", "metadata is invalid.") from None
    return isinstance(metadata, dict) and all(volume.metadata.get(k) == str(v) for k, v in metadata.items())
