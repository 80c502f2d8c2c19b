"""Routes for tokens: by password, of an agency, and their check."""

from typing import Annotated, Any

from fastapi import FastAPI, Header, Request
from starlette.responses import Response

from lab.services.iam.identity_errors import IamRefused
from lab.services.iam.identity_schemas import ERRORS, AssumeRole, Auth, AuthBody, ScopePart, TokenResponse, TokenScope
from lab.services.service_app import as_json, microseconds
from lab.world.identity.accounts import (
    AGENCIES,
    DOMAIN,
    PARTNER,
    REGION,
    USER,
    Domain,
    Project,
    domain_by_id,
    find_project,
    project_by_id,
)
from lab.world.identity.iam import Token
from lab.world.state import World


def add_token_routes(app: FastAPI, world: World) -> None:
    @app.post("/v3/auth/tokens", status_code=201, responses={201: {"model": TokenResponse}, **ERRORS})
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

    @app.get("/v3/auth/tokens", responses={200: {"model": TokenResponse}, **ERRORS})
    async def keystone_validate_token(
        request: Request, x_subject_token: Annotated[str, Header()] = "", nocatalog: str = ""
    ) -> Response:
        if not x_subject_token:
            raise IamRefused(400, "X-Subject-Token is required in the request")
        token = world.iam.valid_token(x_subject_token)
        if token is None:
            raise IamRefused(404, "X-Subject-Token is invalid in the request")
        response = as_json({"token": _token_body(request, token, not nocatalog)})
        response.headers["X-Subject-Token"] = x_subject_token
        return response


def _password_token(world: World, request: Request, auth: Auth, catalog: bool) -> Response:
    user = auth.identity.password.user if auth.identity.password else None
    if user is None or not world.iam.password_is_right(user.name, user.domain.name or "", user.password):
        raise IamRefused(401, "The username or password is wrong.")
    return _token_response(world, request, DOMAIN, auth.scope, ["password"], catalog)


def _agency_token(world: World, request: Request, auth: Auth, caller_token: str, catalog: bool) -> Response:
    if world.iam.valid_token(caller_token) is None:
        raise IamRefused(401, "The request you have made requires authentication.")
    role = auth.identity.assume_role
    assert role is not None
    domain = delegating_domain(role)
    return _token_response(world, request, domain, auth.scope, ["assume_role"], catalog, role.agency_name)


def delegating_domain(role: AssumeRole) -> Domain:
    """
    Return the account that an agency acts for.

    Raises:
        IamRefused: 400 without an account, 404 for an unknown agency, 403 for an agency that trusts a service.
    """
    if role.domain_id is None and role.domain_name is None:
        raise IamRefused(400, "The request body is invalid")
    domain_id, domain_name = role.domain_id, role.domain_name
    domains = [d for d in (DOMAIN, PARTNER) if domain_id in (None, d.id) and domain_name in (None, d.name)]
    if not domains or (domains[0].id, role.agency_name) not in AGENCIES:
        raise IamRefused(404, "The agency does not exist.")
    if domains[0] == DOMAIN:
        # Not documented: the response to a user who assumes an agency that his own account gave to a service.
        raise IamRefused(403, "The agency is not delegated to your account.")
    return domains[0]


def _token_response(
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
    response = as_json({"token": _token_body(request, token, catalog)}, 201)
    response.headers["X-Subject-Token"] = text
    return response


def _scoped_project(domain: Domain, scope: TokenScope | None) -> Project | None:
    if scope is None:
        return None
    account = scope.project.domain if scope.project is not None else None
    if account is not None and ((account.id or domain.id) != domain.id or (account.name or domain.name) != domain.name):
        raise IamRefused(401, "The project's account does not exist or is not the user's.")
    if scope.project is not None and (scope.project.id or scope.project.name):
        project = find_project(domain, project_id=scope.project.id, name=scope.project.name)
        if project is None:
            # Not documented: the status for a project that does not exist.
            raise IamRefused(401, "The project does not exist or is not the account's.")
        return project
    requested = scope.domain or ScopePart()
    if (requested.id or domain.id) != domain.id or (requested.name or domain.name) != domain.name:
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
