"""Identity and Access Management: client for tokens, temporary access keys and projects."""

from collections.abc import Mapping
from typing import Any

from huaweicloud.auth.credentials import AccessKeyCredentials, PasswordCredentials
from huaweicloud.auth.sign_in import signing_in
from huaweicloud.errors import (
    ConfigurationError,
    InvalidResponse,
    NotFound,
    PermissionDenied,
)
from huaweicloud.models.iam import Account, Project, Role, TemporaryKey, Token
from huaweicloud.service import parse, query_pairs
from huaweicloud.transport.messages import Request, Response, json_body
from huaweicloud.transport.sender import Authenticator, Sender

__all__ = ["Account", "Iam", "Project", "Role", "Token"]

CONTENT_TYPE = "application/json;charset=utf8"
TEMPORARY_KEY_S = 3600
AGENCY_HINT = "Check agency_name (HW_ASSUME_ROLE_AGENCY_NAME) and agency_domain_name (HW_ASSUME_ROLE_DOMAIN_NAME)."


class Iam:
    """
    Client of IAM, whose operations take their own proof of identity.

    Args:
        base_url: Base URL of the service, without /v3.
        sender: Sender of the requests.
    """

    def __init__(self, base_url: str, sender: Sender) -> None:
        self._base_url = base_url
        self._sender = sender

    def create_token(self, user: PasswordCredentials, scope: Mapping[str, Any] | None) -> Token:
        """
        Sign in with a password (POST /v3/auth/tokens).

        Args:
            user: Credentials of the user.
            scope: Scope of the token: `{"project": {"name": ...}}`, `{"project": {"id": ...}}`,
                `{"domain": {"name": ...}}` or None.

        Returns:
            The token.
        """
        identity = {
            "methods": ["password"],
            "password": {
                "user": {"name": user.user_name, "password": user.password, "domain": {"name": user.domain_name}}
            },
        }
        operation = f"sign in as {user.user_name} of {user.domain_name}"
        with signing_in():
            return self._token(identity, scope, operation, {}, (user.password,))

    def create_agency_token(
        self, token: str, agency_name: str, agency_domain_name: str, scope: Mapping[str, Any] | None
    ) -> Token:
        """
        Assume an agency of another account (POST /v3/auth/tokens, method assume_role).

        Args:
            token: Token of a user with the right to assume it.
            agency_name: Name of the agency.
            agency_domain_name: Name of the delegating account.
            scope: Project or domain of that account.

        Returns:
            The token.
        """
        identity = {
            "methods": ["assume_role"],
            "assume_role": {"agency_name": agency_name, "domain_name": agency_domain_name},
        }
        operation = f"assume the agency {agency_name} of {agency_domain_name}"
        with signing_in(_no_agency(agency_name, agency_domain_name), AGENCY_HINT):
            return self._token(identity, scope, operation, {"X-Auth-Token": token}, (token,))

    def create_temporary_key(self, token: str, duration_s: int = TEMPORARY_KEY_S) -> AccessKeyCredentials:
        """
        Get a temporary access key for a token (POST /v3.0/OS-CREDENTIAL/securitytokens).

        Args:
            token: Token whose rights the key receives.
            duration_s: Lifetime of the key (seconds), 900 to 86400.

        Returns:
            The key with its security token.
        """
        identity = {"methods": ["token"], "token": {"duration_seconds": duration_s}}
        with signing_in():
            return self._temporary_key(identity, None, {"X-Auth-Token": token}, "get a temporary access key")

    def create_agency_key(
        self, authenticator: Authenticator, agency_name: str, agency_domain_name: str, duration_s: int = TEMPORARY_KEY_S
    ) -> AccessKeyCredentials:
        """
        Get a temporary access key through an agency (POST /v3.0/OS-CREDENTIAL/securitytokens, method assume_role).

        Args:
            authenticator: Source of the proof of identity with the caller's own key.
            agency_name: Name of the agency.
            agency_domain_name: Name of the delegating account.
            duration_s: Lifetime of the key (seconds), 900 to 86400.

        Returns:
            The key with its security token.
        """
        assumed = {"agency_name": agency_name, "domain_name": agency_domain_name, "duration_seconds": duration_s}
        identity = {"methods": ["assume_role"], "assume_role": assumed}
        # Not documented: if a signed request needs X-Domain-Id here.
        operation = f"assume the agency {agency_name} of {agency_domain_name}"
        with signing_in(_no_agency(agency_name, agency_domain_name), AGENCY_HINT):
            return self._temporary_key(identity, authenticator, {}, operation)

    def check_token(self, token: str, subject: str) -> Token | None:
        """
        Get the properties of a token (GET /v3/auth/tokens).

        Args:
            token: Token of the caller.
            subject: Token to check.

        Returns:
            The properties, or None if the token is not valid.
        """
        headers = {"X-Auth-Token": token, "X-Subject-Token": subject}
        try:
            response = self._send("GET", "/v3/auth/tokens", "check a token", headers=headers, secrets=(token, subject))
        except NotFound:
            return None
        return _read_token(response, "check a token", subject)

    def find_project(self, authenticator: Authenticator, name: str) -> Project:
        """
        Find a project by its name (GET /v3/projects, or GET /v3/auth/projects for users who may not list).

        Args:
            authenticator: Source of the proof of identity.
            name: Name of the project; a region's own project is named like the region.

        Returns:
            The project.

        Raises:
            ConfigurationError: No such project exists, or more than one.
            SignInFailed: IAM refused.
        """
        operation = f"find the project {name}"
        listed = self._projects(authenticator, operation, {"name": name})
        found = [project for project in listed if project.name == name]
        if len(found) == 1:
            return found[0]
        count = "no" if not found else str(len(found))
        raise ConfigurationError(
            f"These credentials see {count} projects named '{name}'", hint="set project_id, or check project_name"
        )

    def find_project_id(self, authenticator: Authenticator, name: str) -> str:
        """Return the id of the project that `find_project` finds."""
        return self.find_project(authenticator, name).id

    def list_projects(self, authenticator: Authenticator) -> list[Project]:
        """
        List the projects that a user has access to.

        Source: GET /v3/projects, or GET /v3/auth/projects for users without the right to list.

        Args:
            authenticator: Source of the proof of identity.

        Returns:
            The projects.

        Raises:
            SignInFailed: IAM refused.
        """
        return self._projects(authenticator, "list projects", {})

    def _projects(self, authenticator: Authenticator, operation: str, query: Mapping[str, str]) -> list[Project]:
        with signing_in():
            try:
                response = self._send("GET", "/v3/projects", operation, authenticator, query=query)
            except PermissionDenied:
                response = self._send("GET", "/v3/auth/projects", operation, authenticator)
        return parse(list[Project], response, "projects", operation=operation)

    def _token(
        self,
        identity: Mapping[str, Any],
        scope: Mapping[str, Any] | None,
        operation: str,
        headers: Mapping[str, str],
        secrets: tuple[str, ...],
    ) -> Token:
        body = {"auth": {"identity": identity, **({"scope": scope} if scope else {})}}
        response = self._send(
            "POST",
            "/v3/auth/tokens",
            operation,
            query={"nocatalog": "true"},
            body=body,
            headers=headers,
            secrets=secrets,
        )
        return _read_token(response, operation, response.headers.get("x-subject-token", ""))

    def _temporary_key(
        self,
        identity: Mapping[str, Any],
        authenticator: Authenticator | None,
        headers: Mapping[str, str],
        operation: str,
    ) -> AccessKeyCredentials:
        response = self._send(
            "POST",
            "/v3.0/OS-CREDENTIAL/securitytokens",
            operation,
            authenticator,
            body={"auth": {"identity": identity}},
            headers=headers,
            secrets=tuple(headers.values()),
        )
        key = parse(TemporaryKey, response, "credential", operation=operation)
        return AccessKeyCredentials(key.access, key.secret, key.securitytoken, key.expires_at)

    def _send(
        self,
        method: str,
        path: str,
        operation: str,
        authenticator: Authenticator | None = None,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        secrets: tuple[str, ...] = (),
    ) -> Response:
        request = Request(
            service="iam",
            method=method,
            base_url=self._base_url,
            path=path,
            query=query_pairs(query or {}),
            body=b"" if body is None else json_body(body),
            headers={"Content-Type": CONTENT_TYPE, **(headers or {})},
            operation=operation,
            idempotent=True,  # another token or temporary key does no harm
            secrets=secrets,
        )
        return self._sender.send(request, authenticator)


def _no_agency(agency_name: str, agency_domain_name: str) -> str:
    """Return the meaning of a 404 of IAM. Not documented: the codes of a missing agency and of a missing account."""
    return f"agency {agency_name} does not exist in account {agency_domain_name}"


def _read_token(response: Response, operation: str, value: str) -> Token:
    token = response.data.get("token") if isinstance(response.data, dict) else None
    if not isinstance(token, dict) or not value:
        raise InvalidResponse(f"Could not {operation}: the response holds no token")
    return parse(
        Token, Response(response.status, response.headers, data={**token, "value": value}), operation=operation
    )
