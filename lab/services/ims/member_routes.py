"""Routes for sharing of images: in batches, and one by one on the native paths."""

from typing import Annotated, Any

from fastapi import FastAPI, Query
from starlette.responses import JSONResponse, Response

from lab.services.ims.image_schemas import ERRORS, XML_ERRORS
from lab.services.ims.native_routes import not_found
from lab.services.service_app import Body, CallerOf, Part, as_json, seconds
from lab.services.shared_schemas import JobId
from lab.world.images.image_sharing import (
    add_member,
    change_members,
    decide_share,
    decide_shares,
    members_of,
    remove_member,
)
from lab.world.images.image_validation import readable_image
from lab.world.records import ImageMember
from lab.world.refusal import Refused
from lab.world.state import World


class BatchMembersBody(Body):
    images: list[str]
    projects: list[str] | None = None
    domains: list[str] | None = None
    organizations: list[str] | None = None


class BatchAnswerBody(Body):
    images: list[str]
    project_id: str
    status: str
    vault_id: str | None = None


class MemberBody(Body):
    member: str


class MemberStatusBody(Body):
    status: str
    vault_id: str | None = None


class MemberResponse(Part):
    status: str
    created_at: str
    updated_at: str
    image_id: str
    member_id: str


class MembersResponse(Part):
    members: list[dict[str, Any]]


def add_routes(app: FastAPI, world: World) -> None:
    _add_batch(app, world)
    _add_native(app, world)
    _add_project_paths(app, world)


def show_member(member: ImageMember) -> dict[str, Any]:
    return {
        "status": member.status,
        "created_at": seconds(member.created_at),
        "updated_at": seconds(member.updated_at),
        "image_id": member.image_id,
        "member_id": member.member_id,
        "schema": "/v2/schemas/member",
    }


def _add_batch(app: FastAPI, world: World) -> None:
    path, responses = "/v1/cloudimages/members", {200: {"model": JobId}, **ERRORS}

    @app.post(path, responses=responses)
    async def batch_add_members(body: BatchMembersBody, caller: CallerOf) -> JSONResponse:
        job = change_members(world, caller.project_id, body.images, body.projects or [], add=True)
        return as_json({"job_id": job.id})

    @app.put(path, responses=responses)
    async def batch_update_members(body: BatchAnswerBody, caller: CallerOf) -> JSONResponse:
        job = decide_shares(world, caller.project_id, body.images, body.project_id, body.status)
        return as_json({"job_id": job.id})

    @app.delete(path, responses=responses)
    async def batch_delete_members(body: BatchMembersBody, caller: CallerOf) -> JSONResponse:
        job = change_members(world, caller.project_id, body.images, body.projects or [], add=False)
        return as_json({"job_id": job.id})


def _add_native(app: FastAPI, world: World) -> None:
    path = "/v2/images/{image_id}/members"

    @app.post(path, responses={200: {"model": MemberResponse}, **XML_ERRORS})
    async def glance_add_image_member(image_id: str, body: MemberBody, caller: CallerOf) -> Response:
        if readable_image(world, caller.project_id, image_id) is None:
            return not_found(world)
        return as_json(show_member(add_member(world, caller.project_id, image_id, body.member)))

    @app.get(path, responses={200: {"model": MembersResponse}, **XML_ERRORS})
    async def glance_list_image_members(image_id: str, caller: CallerOf) -> Response:
        try:
            members = members_of(world, caller.project_id, image_id)
        except Refused:
            return not_found(world)
        return as_json({"members": [show_member(m) for m in members], "schema": "/v2/schemas/members"})

    @app.get(f"{path}/{{member_id}}", responses={200: {"model": MemberResponse}, **XML_ERRORS})
    async def glance_show_image_member(image_id: str, member_id: str, caller: CallerOf) -> Response:
        member = _find(world, caller.project_id, image_id, member_id)
        return as_json(show_member(member)) if member else not_found(world)

    @app.put(f"{path}/{{member_id}}", responses={200: {"model": MemberResponse}, **XML_ERRORS})
    async def glance_update_image_member(
        image_id: str, member_id: str, body: MemberStatusBody, caller: CallerOf
    ) -> Response:
        if member_id != caller.project_id or world.members.get(f"{image_id}/{member_id}") is None:
            return not_found(world)
        return as_json(show_member(decide_share(world, member_id, image_id, body.status)))

    @app.delete(f"{path}/{{member_id}}", status_code=204, responses={204: {"description": "done"}, **XML_ERRORS})
    async def glance_delete_image_member(image_id: str, member_id: str, caller: CallerOf) -> Response:
        image = world.images.get(image_id)
        owned = image is not None and image.project_id == caller.project_id
        if not owned or not remove_member(world, caller.project_id, image_id, member_id):
            return not_found(world)
        return Response(status_code=204)


def _add_project_paths(app: FastAPI, world: World) -> None:
    path = "/v1/{project_id}/cloudimages/{image_id}/members"

    @app.get(path, responses={200: {"model": MembersResponse}, **ERRORS})
    async def list_image_members(
        project_id: str,
        image_id: str,
        caller: CallerOf,
        limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
        marker: str | None = None,
    ) -> JSONResponse:
        _check_project(project_id, caller)
        members = members_of(world, project_id, image_id)
        ids = [m.member_id for m in members]
        start = ids.index(marker) + 1 if marker in ids else 0
        page = members[start : start + limit]
        more = start + limit < len(members)
        info = {"next_marker": page[-1].member_id if more and page else None, "current_count": len(page)}
        shown = [_with_urn(m) for m in page]
        return as_json({"members": shown, "schema": "/v2/schemas/members", "page_info": info})

    @app.get(f"{path}/{{member_id}}", responses={200: {"model": MemberResponse}, **ERRORS})
    async def show_image_member(project_id: str, image_id: str, member_id: str, caller: CallerOf) -> JSONResponse:
        _check_project(project_id, caller)
        member = _find(world, project_id, image_id, member_id)
        if member is None:
            raise Refused("IMG.0144", "The image does not exist or is not shared with the project.")
        return as_json(_with_urn(member))


def _check_project(project_id: str, caller: CallerOf) -> None:
    if project_id != caller.project_id:
        raise Refused("IMG.0030", "The project id differs from the token's.")


def _with_urn(member: ImageMember) -> dict[str, Any]:
    return {**show_member(member), "member_type": "project", "urn": None}


def _find(world: World, project_id: str, image_id: str, member_id: str) -> ImageMember | None:
    try:
        members = members_of(world, project_id, image_id)
    except Refused:
        return None
    return next((m for m in members if m.member_id == member_id), None)
