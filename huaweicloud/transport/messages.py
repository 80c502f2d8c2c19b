"""Requests and responses as plain data."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from huaweicloud.errors import ConfigurationError

IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE"})
CLIENT_TOKEN = "X-Client-Token"  # noqa: S105 - the name of a header


def encode(text: str) -> str:
    """Percent-encode all but unreserved characters, as the cloud's signatures require."""
    return quote(text, safe="~")


def path(*segments: str) -> str:
    """
    Build a URL path from plain text segments.

    Args:
        segments: Path segments, not encoded.

    Returns:
        The encoded path with a leading slash.

    Raises:
        ConfigurationError: A segment is empty or a dot segment, so it would name another path.
    """
    for segment in segments:
        if segment in ("", ".", ".."):
            raise ConfigurationError(f"'{segment}' is not an id")
    return "/" + "/".join(encode(segment) for segment in segments)


def canonical_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Sort and encode a query string, for the signature as for the request."""
    return "&".join(f"{encode(name)}={encode(value)}" for name, value in sorted(pairs))


@dataclass(frozen=True, kw_only=True)
class Request:
    """
    Request to a service.

    Args:
        service: Short name of the service: iam, ims, ecs, evs, vpc or obs.
        method: HTTP method.
        base_url: Base URL of the service, without a trailing slash.
        path: Encoded path.
        query: Query pairs, not encoded.
        subresource: Name in the query without "=", as the object store has them.
        body: Bytes of the body.
        headers: Headers besides those that signing adds.
        operation: Operation as a verb phrase, for messages.
        resource: Resource of the operation, for messages.
        idempotent: Whether the request may be repeated although it may have been carried out; by default the method
            decides.
        parse_json: Whether a successful response must be JSON, if it has a body.
        limit_bytes: Size limit of the response (bytes).
        secrets: Values that must never appear in a message.
    """

    service: str
    method: str
    base_url: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    subresource: str = ""
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    operation: str = ""
    resource: str = ""
    idempotent: bool | None = None
    parse_json: bool = True
    limit_bytes: int = 32 * 1024 * 1024
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def host(self) -> str:
        """Return the host and port for the Host header."""
        return urlsplit(self.base_url).netloc

    @property
    def full_path(self) -> str:
        """Return the encoded path, including the path of the base URL."""
        return urlsplit(self.base_url).path.rstrip("/") + self.path

    @property
    def url(self) -> str:
        """Return the URL exactly as it is sent."""
        parts = urlsplit(self.base_url)
        query = "&".join(filter(None, [self.subresource, canonical_query(self.query)]))
        return f"{parts.scheme}://{parts.netloc}{self.full_path}" + (f"?{query}" if query else "")

    @property
    def may_be_repeated(self) -> bool:
        """Return True if sending the request twice has the effect of sending it once."""
        if self.idempotent is not None:
            return self.idempotent
        return self.method in IDEMPOTENT_METHODS or CLIENT_TOKEN in self.headers


@dataclass(frozen=True)
class Response:
    """
    Successful response of a service.

    Args:
        status: HTTP status.
        headers: Headers with lower-case names.
        body: Bytes of the body.
        data: Parsed JSON body, or None.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    data: Any = field(default=None, repr=False)

    @property
    def request_id(self) -> str:
        """Return the id of the request in the cloud, or ""."""
        return self.headers.get("x-request-id", "")


def json_body(value: object) -> bytes:
    """Serialize a request body."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
