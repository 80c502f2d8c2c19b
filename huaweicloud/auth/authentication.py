"""
Proof of identity on each request: a token that is renewed, or a signature.

Tokens and keys are fetched when they are first needed, once for all threads, and again before they expire.
"""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Generic, TypeVar

from huaweicloud.auth.credentials import AccessKeyCredentials, AgencyCredentials, Credentials, PasswordCredentials
from huaweicloud.auth.signing import sign
from huaweicloud.errors import AuthenticationFailed, CloudError, CredentialsExpired, PermissionDenied
from huaweicloud.iam import Iam, Project, Token
from huaweicloud.transport.messages import Request
from huaweicloud.transport.sender import Authenticator

T = TypeVar("T")

LONGEST_MARGIN_S = 300.0
MARGIN_FRACTION = 0.1


class Renewed(Generic[T]):
    """
    An expiring value that threads share.

    Args:
        fetch: Function that fetches a new value.
        lifetime_s: Function that reads the lifetime of a value (seconds).
        clock: Monotonic clock (seconds).
    """

    def __init__(
        self, fetch: Callable[[], T], lifetime_s: Callable[[T], float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._lifetime_s = lifetime_s
        self._clock = clock
        self._lock = threading.Lock()
        self._value: T | None = None
        self._good_until = 0.0
        self._refused: CloudError | None = None

    def get(self) -> T:
        """
        Return a valid value.

        If there is none, one thread fetches it while the others wait.
        """
        with self._lock:
            if self._refused is not None:
                # No second attempt: repeated wrong passwords lock the account.
                raise self._refused
            if self._value is None or self._clock() >= self._good_until:
                self._replace()
            assert self._value is not None
            return self._value

    def discard(self, bad: Callable[[T], bool]) -> None:
        """Discard the value if it is the bad one; another thread may have replaced it already."""
        with self._lock:
            if self._value is not None and bad(self._value):
                self._value = None

    def peek(self) -> T | None:
        """Return the value fetched last, or None, without fetching one."""
        with self._lock:
            return self._value

    def _replace(self) -> None:
        started = self._clock()
        try:
            self._value = self._fetch()
        except (AuthenticationFailed, CredentialsExpired, PermissionDenied) as error:
            self._refused = error
            raise
        lifetime_s = self._lifetime_s(self._value)
        # The lifetime runs from issue to expiry, so that a wrong clock on this machine does not matter.
        self._good_until = started + lifetime_s - min(LONGEST_MARGIN_S, MARGIN_FRACTION * lifetime_s)


class TokenAuthenticator:
    """
    Authenticator that sends a token with each request.

    Args:
        fetch: Function that fetches a new token.
    """

    def __init__(self, fetch: Callable[[], Token]) -> None:
        self._token = Renewed(fetch, lambda token: token.lifetime_s)

    def token(self) -> Token:
        """Return a valid token."""
        return self._token.get()

    def fetched(self) -> Token | None:
        """Return the present token, or None before a token was needed."""
        return self._token.peek()

    def headers(self, request: Request) -> dict[str, str]:
        """Return the headers to send with the request."""
        return {**request.headers, "X-Auth-Token": self.token().value.get_secret_value()}

    def renew(self, sent: Mapping[str, str]) -> bool:
        """Discard a refused token, so that the next request fetches a new one."""
        self._token.discard(lambda token: token.value.get_secret_value() == sent.get("X-Auth-Token"))
        return True


class KeyAuthenticator:
    """
    Authenticator that signs each request with an access key.

    Args:
        fetch: Function that fetches the key; it runs again when a temporary key expires.
        renewable: Whether another fetch can return another key.
        project_id: Source of the project id in the X-Project-Id header, or None for no such header.
    """

    def __init__(
        self,
        fetch: Callable[[], AccessKeyCredentials],
        *,
        renewable: bool,
        project_id: Callable[[], str] | None = None,
    ) -> None:
        self._key = Renewed(fetch, _key_lifetime_s)
        self._renewable = renewable
        self._project_id = project_id

    def key(self) -> AccessKeyCredentials:
        """Return a valid key."""
        key = self._key.get()
        if not self._renewable and key.expires_at and key.expires_at <= datetime.now(UTC):
            raise CredentialsExpired(
                f"the temporary access key expired at {key.expires_at:%Y-%m-%d %H:%M:%S} UTC",
                status=401,
                operation="sign the request",
                hint="get new temporary credentials and run again",
            )
        return key

    def headers(self, request: Request) -> dict[str, str]:
        """Return the headers to send with the request, signed."""
        key = self.key()
        headers = dict(request.headers)
        if self._project_id is not None:
            headers["X-Project-Id"] = self._project_id()
        if key.security_token:
            headers["X-Security-Token"] = key.security_token
        return sign(request, headers, key.access_key, key.secret_key)

    def renew(self, sent: Mapping[str, str]) -> bool:
        """Discard a refused temporary key; a configured key cannot be replaced."""
        self._key.discard(lambda key: key.security_token == sent.get("X-Security-Token"))
        return self._renewable

    def for_project(self, project_id: Callable[[], str]) -> "KeyAuthenticator":
        """Return an authenticator with the same key that also sends the project id."""
        twin = KeyAuthenticator(self.key, renewable=self._renewable, project_id=project_id)
        twin._key = self._key
        return twin


def _key_lifetime_s(key: AccessKeyCredentials) -> float:
    return (key.expires_at - datetime.now(UTC)).total_seconds() if key.expires_at else float("inf")


class Identity:
    """
    Identity of the user: the authenticator, the project, and the key for the object store.

    Args:
        credentials: Credentials of the user.
        iam: Client of IAM.
        project_name: Name of the project; beside an id it serves messages only.
        project_id: Id of the project, or None to look it up.
    """

    def __init__(self, credentials: Credentials, iam: Iam, project_name: str, project_id: str | None) -> None:
        self._iam = iam
        self._project_name = project_name
        self._project_lock = threading.Lock()
        self._project = Project(id=project_id, name=project_name) if project_id else None
        base = credentials.base if isinstance(credentials, AgencyCredentials) else credentials
        agency = credentials if isinstance(credentials, AgencyCredentials) else None
        self._tokens: TokenAuthenticator | None = None
        self.authenticator: Authenticator
        if isinstance(base, PasswordCredentials):
            domain_name = agency.agency_domain_name if agency else base.domain_name
            scope = _project_scope(project_name, project_id, domain_name)
            self._tokens = TokenAuthenticator(_token_source(iam, base, agency, scope))
            self.authenticator = self._tokens
            self._keys = KeyAuthenticator(self._key_for_token, renewable=True)
        else:
            self._keys = _key_source(iam, base, agency)
            self.authenticator = self._keys.for_project(self.project_id)

    def project_id(self) -> str:
        """Return the id of the project, looked up once."""
        with self._project_lock:
            if self._project is None:
                self._project = self._find_project()
            return self._project.id

    def project(self) -> Project:
        """Return the project, with its name and account if they are known without a further request."""
        token = self._tokens.fetched() if self._tokens else None
        if token is not None and token.project is not None:
            return token.project
        self.project_id()
        assert self._project is not None
        return self._project

    def projects(self) -> list[Project]:
        """List the projects that the credentials have access to."""
        return self._iam.list_projects(self._tokens or self._keys)

    def roles(self) -> list[str] | None:
        """Return the names of the user's roles in the project; None for an access key, which has no token."""
        return None if self._tokens is None else [role.name for role in self._tokens.token().roles]

    def object_store_key(self) -> AccessKeyCredentials:
        """Return the key that signs for the object store; for a password it is a temporary key."""
        return self._keys.key()

    def renew_object_store_key(self, security_token: str | None) -> bool:
        """Discard a temporary key that the object store refused; return whether another one can be fetched."""
        return self._keys.renew({"X-Security-Token": security_token} if security_token else {})

    def _find_project(self) -> Project:
        if self._tokens is not None:
            project = self._tokens.token().project
            if project is not None:
                return project
        return self._iam.find_project(self._tokens or self._keys, self._project_name)

    def _key_for_token(self) -> AccessKeyCredentials:
        assert self._tokens is not None
        return self._iam.create_temporary_key(self._tokens.token().value.get_secret_value())


def _project_scope(name: str, project_id: str | None, domain_name: str) -> dict[str, object]:
    """
    Return the scope of a token for a project.

    A name is unique within an account only. IAM assumes the user's account, a plain Keystone requires it to be named.
    """
    return {"project": {"id": project_id} if project_id else {"name": name, "domain": {"name": domain_name}}}


def _token_source(
    iam: Iam, user: PasswordCredentials, agency: AgencyCredentials | None, scope: Mapping[str, object]
) -> Callable[[], Token]:
    if agency is None:
        return lambda: iam.create_token(user, scope)
    own = {"domain": {"name": user.domain_name}}

    def assume() -> Token:
        token = iam.create_token(user, own).value.get_secret_value()
        return iam.create_agency_token(token, agency.agency_name, agency.agency_domain_name, scope)

    return assume


def _key_source(iam: Iam, key: AccessKeyCredentials, agency: AgencyCredentials | None) -> KeyAuthenticator:
    own = KeyAuthenticator(lambda: key, renewable=False)
    if agency is None:
        return own
    return KeyAuthenticator(
        lambda: iam.create_agency_key(own, agency.agency_name, agency.agency_domain_name), renewable=True
    )
