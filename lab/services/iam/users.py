"""Routes for look-ups of the user; the lab's account has one."""

from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse

from lab.services.iam.identity_errors import IamRefused
from lab.services.iam.identity_schemas import ERRORS, UserResponse, UsersResponse
from lab.services.service_app import CallerOf, as_json
from lab.world.identity.accounts import DOMAIN, USER


def add_user_routes(app: FastAPI) -> None:
    @app.get("/v3/users", responses={200: {"model": UsersResponse}, **ERRORS})
    async def keystone_list_users(
        request: Request,
        caller: CallerOf,
        domain_id: str | None = None,
        name: str | None = None,
        enabled: bool | None = None,
    ) -> JSONResponse:
        is_found = caller.domain == DOMAIN and domain_id in (None, DOMAIN.id) and name in (None, USER.name)
        users = [_user(request)] if is_found and enabled is not False else []
        return as_json({"links": _links(request, "/v3/users"), "users": users})

    @app.get("/v3/users/{user_id}", responses={200: {"model": UserResponse}, **ERRORS})
    async def keystone_show_user(request: Request, user_id: str, caller: CallerOf) -> JSONResponse:
        if user_id != USER.id or caller.domain != DOMAIN:
            raise IamRefused(404, "Could not find user.")
        return as_json({"user": _user(request)})


def _links(request: Request, path: str) -> dict[str, str | None]:
    return {"self": request.app.state.endpoints["iam"] + path, "next": None, "previous": None}


def _user(request: Request) -> dict[str, Any]:
    return {
        "id": USER.id,
        "name": USER.name,
        "domain_id": DOMAIN.id,
        "enabled": True,
        "description": "",
        "password_expires_at": None,
        "pwd_status": False,
        "pwd_strength": "high",
        "access_mode": "default",
        "last_project_id": "",
        "links": _links(request, f"/v3/users/{USER.id}"),
    }
