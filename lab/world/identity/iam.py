"""
Issue and check of tokens and access keys.

All of it runs on real time, not on the lab's clock: clients compare `expires_at` with their own clock, and sign with
the real time.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from lab.record_store import Record, Store
from lab.settings import Settings
from lab.world.identity.accounts import (
    DOMAIN,
    REGION,
    USER,
    Domain,
    Project,
    User,
    domain_by_id,
    find_project,
    project_by_id,
)


class Token(Record):
    """Issued token, whose id is the hash of the client's token."""

    domain_id: str
    project_id: str | None
    acting_domain_id: str
    methods: list[str]
    agency: str | None = None
    issued_at: datetime
    expires_at: datetime


class AccessKey(Record):
    """Access key; temporary ones have a security token and expire."""

    secret: str
    security_token: str | None = None
    domain_id: str
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Caller:
    """Sender of a request, and the project that it acts in."""

    user: User
    domain: Domain
    project: Project | None
    methods: tuple[str, ...] = ()

    @property
    def project_id(self) -> str:
        return self.project.id if self.project else ""


class Credentials(Record):
    """Credentials that `lab env` prints, made at random for every state folder."""

    password: str
    access_key: str
    secret_key: str


KeyProblem = Literal["unknown", "expired", "security_token"]


class Iam:
    """Issuer and checker of tokens and keys."""

    def __init__(self, store: Store, root: Path, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self._tokens = store.collection("token", Token)
        self._keys = store.collection("access_key", AccessKey)
        self.credentials = _credentials(root / "credentials.json")
        self._keys.save(
            AccessKey(id=self.credentials.access_key, secret=self.credentials.secret_key, domain_id=DOMAIN.id)
        )

    def password_is_right(self, user: str, domain: str, password: str) -> bool:
        known = user == USER.name and domain == DOMAIN.name
        return secrets.compare_digest(password.encode(), self.credentials.password.encode()) and known

    def issue_token(
        self, acting: Domain, project: Project | None, methods: list[str], agency: str | None = None
    ) -> tuple[str, Token]:
        """
        Issue a token for an account and, if given, one of its projects.

        Returns:
            Token that the client sends as X-Auth-Token, and the token's record.
        """
        text = "MII" + base64.b64encode(secrets.token_bytes(1200)).decode().replace("/", "-")
        now = datetime.now(UTC)
        token = Token(
            id=_digest(text),
            domain_id=acting.id,
            project_id=project.id if project else None,
            acting_domain_id=DOMAIN.id,
            methods=methods,
            agency=agency,
            issued_at=now,
            expires_at=now + timedelta(seconds=self._settings().token_lifetime_s),
        )
        self._forget_old_tokens(now)
        return text, self._tokens.save(token)

    def token(self, text: str) -> Token | None:
        return self._tokens.get(_digest(text))

    def valid_token(self, text: str) -> Token | None:
        """Return a token that was issued and has not expired, None otherwise."""
        token = self.token(text)
        return token if token is not None and token.expires_at > datetime.now(UTC) else None

    def caller_of(self, token: Token) -> Caller:
        return Caller(USER, domain_by_id(token.domain_id), project_by_id(token.project_id), tuple(token.methods))

    def issue_temporary_key(self, domain: Domain, duration_s: int) -> AccessKey:
        """Issue a temporary key pair with its security token; ``duration_s`` in real seconds."""
        key = AccessKey(
            id="LABT" + secrets.token_hex(8).upper(),
            secret=secrets.token_urlsafe(30),
            security_token=secrets.token_urlsafe(400),
            domain_id=domain.id,
            expires_at=datetime.now(UTC) + timedelta(seconds=duration_s),
        )
        return self._keys.save(key)

    def valid_key(self, access_key: str) -> AccessKey | None:
        """Return an access key that has not expired."""
        key = self._keys.get(access_key)
        return key if key is not None and key_problem(key, key.security_token) is None else None

    def access_key(self, access_key: str) -> AccessKey | None:
        return self._keys.get(access_key)

    def caller_of_key(self, key: AccessKey, project_id: str | None) -> Caller | None:
        """
        Return the caller that a key belongs to; without a project id it acts in the region's own project.

        Returns:
            None for a project that is not the key's account's.
        """
        domain = domain_by_id(key.domain_id)
        if project_id is None:
            return Caller(USER, domain, find_project(domain, name=REGION))
        project = find_project(domain, project_id=project_id)
        return Caller(USER, domain, project) if project else None

    def _forget_old_tokens(self, now: datetime) -> None:
        if len(self._tokens) > 2000:
            for token in self._tokens:
                if token.expires_at < now - timedelta(days=1):
                    self._tokens.delete(token.id)


def key_problem(key: AccessKey, security_token: str | None) -> KeyProblem | None:
    """Return the problem of a key, or of the security token that was sent with it."""
    if key.security_token is not None and security_token != key.security_token:
        return "security_token"
    if key.expires_at is not None and key.expires_at <= datetime.now(UTC):
        return "expired"
    return None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _credentials(path: Path) -> Credentials:
    if path.exists():
        return Credentials.model_validate_json(path.read_text())
    credentials = Credentials(
        id=USER.id,
        password="Lab-" + secrets.token_urlsafe(18),
        access_key="LAB" + secrets.token_hex(9).upper()[:17],
        secret_key=secrets.token_urlsafe(30),
    )
    path.touch(mode=0o600)
    path.write_text(json.dumps(credentials.model_dump()))
    return credentials
