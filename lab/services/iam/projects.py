"""Routes for look-ups of projects and accounts."""

from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from starlette.responses import JSONResponse

from lab.services.iam.identity_errors import IamRefused
from lab.services.iam.identity_schemas import ERRORS, DomainsResponse, ProjectResponse, ProjectsResponse
from lab.services.service_app import CallerOf, as_json
from lab.world.identity.accounts import PROJECTS, Project, find_project


def add_project_routes(app: FastAPI) -> None:
    @app.get("/v3/projects", responses={200: {"model": ProjectsResponse}, **ERRORS})
    async def keystone_list_projects(
        request: Request,
        caller: CallerOf,
        domain_id: str | None = None,
        name: str | None = None,
        parent_id: str | None = None,
        enabled: bool | None = None,
        page: Annotated[int | None, Query(ge=1)] = None,
        per_page: Annotated[int | None, Query(ge=1, le=5000)] = None,
    ) -> JSONResponse:
        if (page is None) != (per_page is None):
            raise IamRefused(400, "page and per_page must be given together.")
        found = [
            p
            for p in PROJECTS
            if p.domain == caller.domain
            and (domain_id or p.domain.id) == p.domain.id
            and (name or p.name) == p.name
            and (parent_id or _parent_id(p)) == _parent_id(p)
            and enabled is not False
        ]
        if page is not None and per_page is not None:
            found = found[(page - 1) * per_page : page * per_page]
        return as_json(_projects(request, found))

    _add_single_look_ups(app)


def _add_single_look_ups(app: FastAPI) -> None:
    @app.get("/v3/auth/projects", responses={200: {"model": ProjectsResponse}, **ERRORS})
    async def keystone_list_auth_projects(request: Request, caller: CallerOf) -> JSONResponse:
        return as_json(_projects(request, [p for p in PROJECTS if p.domain == caller.domain]))

    @app.get("/v3/projects/{project_id}", responses={200: {"model": ProjectResponse}, **ERRORS})
    async def keystone_show_project(request: Request, project_id: str, caller: CallerOf) -> JSONResponse:
        project = find_project(caller.domain, project_id=project_id)
        if project is None:
            raise IamRefused(404, "Could not find project.")
        return as_json({"project": _project(request, project)})

    @app.get("/v3/auth/domains", responses={200: {"model": DomainsResponse}, **ERRORS})
    async def keystone_list_auth_domains(request: Request, caller: CallerOf) -> JSONResponse:
        domain = caller.domain
        entry = {"id": domain.id, "name": domain.name, "enabled": True, "description": "", "links": _links(request, "")}
        return as_json({"links": _links(request, "/v3/auth/domains"), "domains": [entry]})


def _parent_id(project: Project) -> str:
    region = find_project(project.domain, name=project.region)
    is_sub_project = project.name.startswith(f"{project.region}_") and region is not None
    return region.id if is_sub_project and region else project.domain.id


def _links(request: Request, path: str) -> dict[str, str | None]:
    base: str = request.app.state.endpoints["iam"]
    return {"self": base + path, "next": None, "previous": None}


def _project(request: Request, project: Project) -> dict[str, Any]:
    return {
        "id": project.id,
        "name": project.name,
        "domain_id": project.domain.id,
        "parent_id": _parent_id(project),
        "is_domain": False,
        "enabled": True,
        "description": "",
        "links": _links(request, f"/v3/projects/{project.id}"),
    }


def _projects(request: Request, projects: list[Project]) -> dict[str, Any]:
    return {"links": _links(request, "/v3/projects"), "projects": [_project(request, p) for p in projects]}
