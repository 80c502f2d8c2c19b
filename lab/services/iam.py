"""IAM: tokens, temporary keys, projects."""

from typing import Annotated, Any

from fastapi import FastAPI, Header, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field
from starlette.responses import JSONResponse, Response

from lab.services.common import Body, CallerOf, Part, as_json, microseconds, service_app
from lab.services.errors import iam_error
from lab.world.accounts import (
    AGENCIES,
    DOMAIN,
    PARTNER,
    PROJECTS,
    REGION,
    USER,
    Domain,
    Project,
    domain_by_id,
    find_project,
    project_by_id,
)
from lab.world.iam import Token
from lab.world.refusal import Refused
from lab.world.state import World


class DomainName(Body):
    name: str | None = None
    id: str | None = None


class PasswordUser(Body):
    name: str
    password: str
    domain: DomainName


class PasswordMethod(Body):
    user: PasswordUser


class SessionUser(Body):
    name: str | None = None


class AssumeRole(Body):
    agency_name: str
    domain_id: str | None = None
    domain_name: str | None = None
    duration_seconds: int = Field(900, ge=900, le=86400)
    session_user: SessionUser | None = None


class TokenMethod(Body):
    id: str | None = None
    duration_seconds: int = Field(900, ge=900, le=86400)


class Identity(Body):
    methods: list[str] = Field(min_length=1)
    password: PasswordMethod | None = None
    assume_role: AssumeRole | None = None
    token: TokenMethod | None = None
    policy: dict[str, Any] | None = None


class ScopePart(Body):
    id: str | None = None
    name: str | None = None


class TokenScope(Body):
    project: ScopePart | None = None
    domain: ScopePart | None = None


class Auth(Body):
    identity: Identity
    scope: TokenScope | None = None


class AuthBody(Body):
    auth: Auth


class TokenAnswer(Part):
    token: dict[str, Any]


class CredentialAnswer(Part):
    credential: dict[str, str]


class ProjectsAnswer(Part):
    links: dict[str, str | None]
    projects: list[dict[str, Any]]


class ProjectAnswer(Part):
    project: dict[str, Any]


class DomainsAnswer(Part):
    links: dict[str, str | None]
    domains: list[dict[str, Any]]


class ErrorBody(Part):
    code: int
    message: str
    title: str


class IamError(Part):
    error: ErrorBody


ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": IamError, "description": "documented error"} for status in (400, 401, 403, 404, 500, 503)
}


class IamRefused(Refused):
    """IAM's errors carry their HTTP status as code."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(str(status), message, status=status)


def needs_sign_in(method: str, path: str) -> bool:
    """Only asking for a token with a password needs no sign-in; its handler tells the forms apart."""
    return not (method == "POST" and path == "/v3/auth/tokens")


def create_app(world: World) -> FastAPI:
    """The IAM application."""
    app = service_app("IAM", world, lambda path: iam_error, _explain)

    async def on_refusal(request: Request, error: Exception) -> Response:
        status = (error.status if isinstance(error, Refused) else None) or 400
        return iam_error(status, "", error.message if isinstance(error, Refused) else "")

    app.add_exception_handler(IamRefused, on_refusal)
    _add_token_routes(app, world)
    _add_credential_routes(app, world)
    _add_project_routes(app)
    return app


def _explain(_: RequestValidationError) -> Refused:
    return IamRefused(400, "The request body is invalid")


def _add_token_routes(app: FastAPI, world: World) -> None:
    @app.post("/v3/auth/tokens", status_code=201, responses={201: {"model": TokenAnswer}, **ERRORS})
    async def keystone_create_token(
        request: Request,
        body: AuthBody,
        nocatalog: str = "",
        x_auth_token: Annotated[str, Header()] = "",
    ) -> Response:
        identity = body.auth.identity
        if identity.methods == ["password"] and identity.password:
            request.scope["lab.operation"] = "keystone_create_user_token_by_password"
            return _password_token(world, request, body.auth, not nocatalog)
        if identity.methods == ["assume_role"] and identity.assume_role:
            request.scope["lab.operation"] = "keystone_create_agency_token"
            return _agency_token(world, request, body.auth, x_auth_token, not nocatalog)
        raise IamRefused(400, "The request body is invalid")

    @app.get("/v3/auth/tokens", responses={200: {"model": TokenAnswer}, **ERRORS})
    async def keystone_validate_token(
        request: Request, x_subject_token: Annotated[str, Header()] = "", nocatalog: str = ""
    ) -> Response:
        if not x_subject_token:
            raise IamRefused(400, "X-Subject-Token is required in the request")
        token = world.iam.token(x_subject_token)
        if token is None or token.expires_at <= _real_now(token):
            raise IamRefused(404, "X-Subject-Token is invalid in the request")
        answer = as_json({"token": _token_body(request, token, not nocatalog)})
        answer.headers["X-Subject-Token"] = x_subject_token
        return answer


def _real_now(token: Token) -> Any:
    return token.expires_at.now(token.expires_at.tzinfo)


def _password_token(world: World, request: Request, auth: Auth, catalog: bool) -> Response:
    user = auth.identity.password.user if auth.identity.password else None
    if user is None or not world.iam.password_is_right(user.name, user.domain.name or "", user.password):
        raise IamRefused(401, "The username or password is wrong.")
    return _token_answer(world, request, DOMAIN, auth.scope, ["password"], catalog)


def _agency_token(world: World, request: Request, auth: Auth, caller_token: str, catalog: bool) -> Response:
    caller = world.iam.token(caller_token)
    if caller is None or caller.expires_at <= _real_now(caller):
        raise IamRefused(401, "The request you have made requires authentication.")
    role = auth.identity.assume_role
    assert role is not None
    domain = _delegating_domain(role)
    return _token_answer(world, request, domain, auth.scope, ["assume_role"], catalog, role.agency_name)


def _delegating_domain(role: AssumeRole) -> Domain:
    if role.domain_id is None and role.domain_name is None:
        raise IamRefused(400, "The request body is invalid")
    for domain in (DOMAIN, PARTNER):
        if domain.id == role.domain_id or (role.domain_id is None and domain.name == role.domain_name):
            if (domain.id, role.agency_name) in AGENCIES:
                return domain
            break
    raise IamRefused(404, "The agency does not exist.")


def _token_answer(
    world: World,
    request: Request,
    domain: Domain,
    scope: TokenScope | None,
    methods: list[str],
    catalog: bool,
    agency: str | None = None,
) -> Response:
    project = _scoped_project(domain, scope)
    text, token = world.iam.issue_token(domain, project, methods, agency)
    answer = as_json({"token": _token_body(request, token, catalog)}, 201)
    answer.headers["X-Subject-Token"] = text
    return answer


def _scoped_project(domain: Domain, scope: TokenScope | None) -> Project | None:
    if scope is None:
        return None
    if scope.project is not None and (scope.project.id or scope.project.name):
        project = find_project(domain, project_id=scope.project.id, name=scope.project.name)
        if project is None:
            # not documented: the status for a project that does not exist
            raise IamRefused(401, "The project does not exist or is not the account's.")
        return project
    wanted = scope.domain or ScopePart()
    if (wanted.id or domain.id) != domain.id or (wanted.name or domain.name) != domain.name:
        raise IamRefused(401, "The account does not exist or is not the user's.")
    return None


def _token_body(request: Request, token: Token, catalog: bool) -> dict[str, Any]:
    domain, project = domain_by_id(token.domain_id), project_by_id(token.project_id)
    body: dict[str, Any] = {
        "catalog": _catalog(request, project) if catalog else [],
        "methods": token.methods,
        "issued_at": microseconds(token.issued_at, "Z"),
        "expires_at": microseconds(token.expires_at, "Z"),
        "roles": [{"id": "0", "name": "te_admin"}, {"id": "0", "name": "te_agency"}],
        "user": _user_body(token),
    }
    domain_body = {"id": domain.id, "name": domain.name}
    if project is not None:
        body["project"] = {"id": project.id, "name": project.name, "domain": domain_body}
    else:
        body["domain"] = domain_body
    if token.agency:
        own = {"id": DOMAIN.id, "name": DOMAIN.name}
        body["assumed_by"] = {"user": {"id": USER.id, "name": USER.name, "domain": own, "password_expires_at": ""}}
    return body


def _user_body(token: Token) -> dict[str, Any]:
    domain = domain_by_id(token.domain_id)
    name = f"{DOMAIN.name}/{token.agency}" if token.agency else USER.name
    return {
        "id": USER.id,
        "name": name,
        "password_expires_at": "",
        "domain": {"id": domain.id, "name": domain.name},
    }


CATALOG = (
    ("iam", "identity", "/v3"),
    ("ims", "image", ""),
    ("ecs", "compute", "/v2.1/{project}"),
    ("evs", "volumev2", "/v2/{project}"),
    ("vpc", "network", ""),
    ("obs", "object", ""),
)


def _catalog(request: Request, project: Project | None) -> list[dict[str, Any]]:
    endpoints: dict[str, str] = request.app.state.endpoints
    entries = []
    for name, kind, path in CATALOG:
        region = "*" if name == "iam" else REGION
        url = endpoints[name] + path.format(project=project.id if project else "")
        endpoint = {"id": f"{name}-{region}", "interface": "public", "region": region, "region_id": region, "url": url}
        entries.append({"id": f"catalog-{name}", "name": name, "type": kind, "endpoints": [endpoint]})
    return entries


def _add_credential_routes(app: FastAPI, world: World) -> None:
    @app.post(
        "/v3.0/OS-CREDENTIAL/securitytokens",
        status_code=201,
        responses={201: {"model": CredentialAnswer}, **ERRORS},
    )
    async def create_temporary_access_key(request: Request, body: AuthBody, caller: CallerOf) -> Response:
        identity = body.auth.identity
        if identity.methods == ["token"]:
            request.scope["lab.operation"] = "create_temporary_access_key_by_token"
            wanted = identity.token or TokenMethod(duration_seconds=900)
            if wanted.id is not None and world.iam.token(wanted.id) is None:
                raise IamRefused(401, "The token is invalid.")
            key = world.iam.issue_temporary_key(caller.domain, wanted.duration_seconds)
        elif identity.methods == ["assume_role"] and identity.assume_role:
            request.scope["lab.operation"] = "create_temporary_access_key_by_agency"
            role = identity.assume_role
            key = world.iam.issue_temporary_key(_delegating_domain(role), role.duration_seconds)
        else:
            raise IamRefused(400, "The request body is invalid")
        credential = {
            "access": key.id,
            "secret": key.secret,
            "securitytoken": key.security_token,
            "expires_at": microseconds(key.expires_at, "Z"),
        }
        return as_json({"credential": credential}, 201)


def _add_project_routes(app: FastAPI) -> None:
    @app.get("/v3/projects", responses={200: {"model": ProjectsAnswer}, **ERRORS})
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

    @app.get("/v3/auth/projects", responses={200: {"model": ProjectsAnswer}, **ERRORS})
    async def keystone_list_auth_projects(request: Request, caller: CallerOf) -> JSONResponse:
        return as_json(_projects(request, [p for p in PROJECTS if p.domain == caller.domain]))

    @app.get("/v3/projects/{project_id}", responses={200: {"model": ProjectAnswer}, **ERRORS})
    async def keystone_show_project(request: Request, project_id: str, caller: CallerOf) -> JSONResponse:
        project = find_project(caller.domain, project_id=project_id)
        if project is None:
            raise IamRefused(404, "Could not find project.")
        return as_json({"project": _project(request, project)})

    @app.get("/v3/auth/domains", responses={200: {"model": DomainsAnswer}, **ERRORS})
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
