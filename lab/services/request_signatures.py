"""Verification of requests that were signed with an access key (SDK-HMAC-SHA256)."""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote, unquote_plus

ALGORITHM = "SDK-HMAC-SHA256"
MAX_SKEW = timedelta(minutes=15)
EMPTY_HASH = hashlib.sha256(b"").hexdigest()
_AUTHORIZATION = re.compile(rf"{ALGORITHM} +Access=([^,\s]+), *SignedHeaders=([^,\s]+), *Signature=([0-9a-fA-F]{{64}})")


@dataclass(frozen=True)
class SignedRequest:
    """Signed parts of a request; ``path`` and ``query`` as they were on the wire."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Authorization:
    access_key: str
    signed_headers: tuple[str, ...]
    signature: str


class SignatureError(Exception):
    """Report of a signature that is missing, malformed, wrong or too old; the message is the gateway's."""


def parse_authorization(text: str) -> Authorization:
    """
    Split an Authorization header.

    Raises:
        SignatureError: It is not of the documented form, or does not cover X-Sdk-Date.
    """
    match = _AUTHORIZATION.fullmatch(text.strip())
    if match is None:
        raise SignatureError("authorization header format error")
    names = tuple(match[2].split(";"))
    if "x-sdk-date" not in names:
        raise SignatureError("x-sdk-date is not signed")
    return Authorization(match[1], names, match[3].lower())


def check_date(headers: Mapping[str, str], now: datetime | None = None) -> None:
    """Refuse a request whose X-Sdk-Date is more than 15 minutes off the real time."""
    try:
        sent = datetime.strptime(headers.get("x-sdk-date", ""), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise SignatureError("x-sdk-date is missing or malformed") from None
    if abs((now or datetime.now(UTC)) - sent) > MAX_SKEW:
        raise SignatureError("calc ak sk signature fail:signature expired")


def check_signature(request: SignedRequest, authorization: Authorization, secret_key: str) -> None:
    """
    Compare the signature with the request's own.

    Raises:
        SignatureError: It differs, or the body is not the one that was signed.
    """
    canonical = ""
    for body_hash in _body_hashes(request):
        canonical = canonical_request(request, authorization.signed_headers, body_hash)
        if hmac.compare_digest(sign(canonical, request.headers["x-sdk-date"], secret_key), authorization.signature):
            return
    shown = canonical.replace("\n", "|")
    raise SignatureError(f"verify aksk signature fail, canonicalRequest:{shown}")


def sign(canonical: str, date: str, secret_key: str) -> str:
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return hmac.new(secret_key.encode(), f"{ALGORITHM}\n{date}\n{digest}".encode(), hashlib.sha256).hexdigest()


def canonical_request(request: SignedRequest, signed_headers: Iterable[str], body_hash: str) -> str:
    names = sorted(signed_headers)
    headers = "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in names)
    parts = (request.method, _canonical_path(request.path), _canonical_query(request.query))
    return "\n".join((*parts, headers, ";".join(names), body_hash))


def _canonical_path(path: str) -> str:
    encoded = "/".join(quote(segment, safe="-_.~") for segment in unquote(path).split("/"))
    return encoded if encoded.endswith("/") else encoded + "/"


def _canonical_query(query: str) -> str:
    pairs = []
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            pairs.append((unquote_plus(name), unquote_plus(value)))
    return "&".join(f"{quote(n, safe='-_.~')}={quote(v, safe='-_.~')}" for n, v in sorted(pairs))


def _body_hashes(request: SignedRequest) -> list[str]:
    """
    Return the hashes that the signature may have been made with: the body's own, or the header's if it is allowed.

    An SDK that sends no body signs the empty hash even when it sets X-Sdk-Content-Sha256.
    """
    actual = hashlib.sha256(request.body).hexdigest()
    declared = request.headers.get("x-sdk-content-sha256")
    if declared is None or declared == actual:
        return [actual]
    if declared == "UNSIGNED-PAYLOAD":
        return [declared, EMPTY_HASH] if not request.body else [declared]
    raise SignatureError("x-sdk-content-sha256 does not match the body")
