"""Bodies of IAM: checked requests, described responses."""

from typing import Any

from pydantic import Field

from lab.services.service_app import Body, Part


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


class ProjectScope(ScopePart):
    domain: ScopePart | None = None


class TokenScope(Body):
    project: ProjectScope | None = None
    domain: ScopePart | None = None


class Auth(Body):
    identity: Identity
    scope: TokenScope | None = None


class AuthBody(Body):
    auth: Auth


class TokenResponse(Part):
    token: dict[str, Any]


class CredentialResponse(Part):
    credential: dict[str, str]


class ProjectsResponse(Part):
    links: dict[str, str | None]
    projects: list[dict[str, Any]]


class ProjectResponse(Part):
    project: dict[str, Any]


class UsersResponse(Part):
    links: dict[str, str | None]
    users: list[dict[str, Any]]


class UserResponse(Part):
    user: dict[str, Any]


class DomainsResponse(Part):
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
