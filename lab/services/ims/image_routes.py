"""Routes for lists and changes of images, for the quota and for operating systems."""

from itertools import groupby
from typing import Annotated, Any

from fastapi import Body, FastAPI, Query, Request
from starlette.responses import JSONResponse

from lab.services.grants import require_enterprise_project
from lab.services.ims.image_schemas import ERRORS, ImagesResponse, OsPlatform, PatchItem, QuotaResponse
from lab.services.ims.image_views import show_image
from lab.services.service_app import CallerOf, as_json
from lab.world.images.image_changes import Change, change_image
from lab.world.images.image_lists import ImageQuery, list_images
from lab.world.images.os_version_list import OS_VERSIONS, OsVersion, has_tag
from lab.world.refusal import Refused
from lab.world.state import World

ENUMS: dict[str, tuple[str, ...]] = {
    "__imagetype": ("gold", "private", "shared", "market"),
    "visibility": ("public", "private", "shared"),
    "status": ("queued", "saving", "deleted", "killed", "active"),
    "container_format": ("bare",),
    "member_status": ("accepted", "rejected", "pending"),
    "virtual_env_type": ("FusionCompute", "Ironic", "DataImage", "IsoImage"),
    "architecture": ("x86", "arm"),
    "__isregistered": ("true", "false"),
    "protected": ("true", "false"),
    "__os_bit": ("32", "64"),
}
FILTERS = [
    "owner",
    "id",
    "name",
    "flavor_id",
    "disk_format",
    "min_ram",
    "min_disk",
    "__os_type",
    "__platform",
    "enterprise_project_id",
    "created_at",
    "updated_at",
    "__whole_image",
    "__system__cmkid",
    "__support_kvm",
    "__support_xen",
    "__support_largememory",
    "__support_diskintensive",
    "__support_highperformance",
    "__support_xen_gpu_type",
    "__support_kvm_gpu_type",
    "__support_xen_hana",
    "__support_kvm_infiniband",
]
NUMBERS = ("min_ram", "min_disk")
PARAMETERS = [
    {"name": name, "in": "query", "required": False, "schema": {"type": "string"}} for name in (*FILTERS, *ENUMS)
]


def filters_of(request: Request) -> dict[str, str]:
    """Return the documented filters of a listing; unknown parameters are ignored."""
    found: dict[str, str] = {}
    for name, value in request.query_params.items():
        if name in ENUMS and value.lower() not in (v.lower() for v in ENUMS[name]):
            raise Refused("IMG.0017", f"The query parameter {name} is invalid.")
        if name in NUMBERS and not (value.isascii() and value.isdigit()):
            raise Refused("IMG.0017", f"The query parameter {name} must be a number.")
        if name in ENUMS or name in FILTERS:
            found[name] = value
    if "member_status" in found and found.get("visibility") != "shared":
        found.pop("member_status")
    return found


def add_routes(app: FastAPI, world: World) -> None:
    @app.get(
        "/v2/cloudimages",
        responses={200: {"model": ImagesResponse}, **ERRORS},
        openapi_extra={"parameters": PARAMETERS},
        name="list_images",
    )
    async def list_cloud_images(
        request: Request,
        caller: CallerOf,
        limit: Annotated[int, Query(ge=1, le=1000)] = 500,
        marker: str | None = None,
        sort_key: str = "created_at",
        sort_dir: str = "desc",
        tag: Annotated[list[str] | None, Query()] = None,
    ) -> JSONResponse:
        require_enterprise_project(world, "ims:images:list", request.query_params.get("enterprise_project_id"))
        query = ImageQuery(caller.project_id, filters_of(request), tuple(tag or ()), sort_key, sort_dir, limit, marker)
        found = list_images(world, query)
        body: dict[str, Any] = {"images": [show_image(world, image, caller.project_id) for image in found]}
        if world.variants.page_info == "present":
            body["page_info"] = {"next_marker": found[-1].id} if len(found) == limit else {}
        return as_json(body)

    _add_changes(app, world)
    _add_quota_and_os_versions(app, world)


def _add_changes(app: FastAPI, world: World) -> None:
    @app.patch("/v2/cloudimages/{image_id}", responses={200: {"model": dict[str, Any]}, **ERRORS})
    async def update_image(image_id: str, body: Annotated[list[PatchItem], Body()], caller: CallerOf) -> JSONResponse:
        image = change_image(world, caller.project_id, image_id, changes_of(body))
        return as_json(show_image(world, image, caller.project_id))


def _add_quota_and_os_versions(app: FastAPI, world: World) -> None:
    @app.get("/v1/cloudimages/quota", responses={200: {"model": QuotaResponse}, **ERRORS})
    async def show_image_quota(caller: CallerOf) -> JSONResponse:
        used = len(world.images.where("project_id", caller.project_id))
        quota = world.settings.quotas.images
        resource = {"type": "image", "used": used, "quota": quota, "min": 1, "max": max(1000, quota)}
        return as_json({"quotas": {"resources": [resource]}})

    @app.get("/v1/cloudimages/os_version", responses={200: {"model": list[OsPlatform]}, **ERRORS})
    async def list_os_versions(caller: CallerOf, tag: Annotated[list[str] | None, Query()] = None) -> JSONResponse:
        versions = [v for v in OS_VERSIONS.values() if all(has_tag(v, t) for t in tag or ())]
        platforms = groupby(sorted(versions, key=lambda v: v.platform), lambda v: v.platform)
        return as_json(
            [{"platform": platform, "version_list": [_os_version(v) for v in group]} for platform, group in platforms]
        )


def _os_version(version: OsVersion) -> dict[str, Any]:
    return {
        "platform": version.platform,
        "os_version_key": version.version,
        "os_version": version.version,
        "os_bit": version.bit,
        "os_type": version.os_type,
    }


def changes_of(items: list[PatchItem]) -> list[Change]:
    """Return the operations of a PATCH."""
    return [Change(item.op, item.path, item.value) for item in items]
