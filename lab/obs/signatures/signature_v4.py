"""AWS version 4 signatures, in the header or the query ("Authenticating Requests (AWS Signature Version 4)")."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, unquote_to_bytes

from lab.obs.http.obs_errors import ObsError
from lab.obs.http.store_request import ObsRequest
from lab.obs.signatures.signature_check import (
    MAX_SKEW,
    Caller,
    ChunkSigning,
    FindSecretKey,
    Payload,
    check_skew,
    find_secret,
    parse_time,
    same,
)
from lab.obs.storage.store_records import SecretKey

ALGORITHM = "AWS4-HMAC-SHA256"
_AUTHORIZATION = re.compile(
    ALGORITHM + r"\s+Credential=([^,\s]+)\s*,\s*SignedHeaders=([^,\s]+)\s*,\s*Signature=([0-9a-f]{64})"
)
_CREDENTIAL = re.compile(r"([^/]+)/(\d{8}/[^/]+/s3/aws4_request)")
_MAX_EXPIRES = timedelta(days=7)


@dataclass(frozen=True)
class _Claim:
    """Signature of a request, with the values that it was made from."""

    access_key: str
    scope: str
    signed_headers: tuple[str, ...]
    signature: str
    timestamp: str


def verify_header(request: ObsRequest, find_secret_key: FindSecretKey, now: datetime) -> Caller:
    """
    Verify the signature in a header.

    Raises:
        ObsError: InvalidAccessKeyId, RequestTimeTooSkewed, SignatureDoesNotMatch, AccessDenied, InvalidArgument.
    """
    match = _AUTHORIZATION.fullmatch(request.headers["authorization"])
    if match is None:
        raise ObsError("InvalidArgument", "The authorization header is malformed.")
    moment = parse_time(request.service_header("date") or request.headers.get("date"))
    claim = _claim(match[1], match[2], match[3], moment)
    secret = find_secret(claim.access_key, request.service_header("security-token"), find_secret_key)
    check_skew(moment, now)
    content = request.service_header("content-sha256")
    if content is None:
        raise ObsError("MissingRequiredHeader", "Missing required header for this request: x-amz-content-sha256")
    signing_key = _compare(request, claim, secret, _query(request), content)
    return Caller(secret.owner_id, _payload(content, claim, signing_key))


def verify_query(request: ObsRequest, find_secret_key: FindSecretKey, now: datetime) -> Caller:
    """
    Verify the signature in a query.

    Raises:
        ObsError: AccessDenied (expired, or more than seven days), InvalidAccessKeyId, SignatureDoesNotMatch.
    """
    parameters = request.parameters
    names = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Date")
    algorithm, credential, headers, signature, date = (parameters.get(name, "") for name in names)
    if algorithm != ALGORITHM:
        raise ObsError("InvalidArgument", "Unsupported Authorization Type")
    moment = parse_time(date)
    claim = _claim(credential, headers, signature, moment)
    token = parameters.get("X-Amz-Security-Token") or parameters.get(
        "x-amz-security-token"
    )  # as S3's clients and OBS's spell it
    secret = find_secret(claim.access_key, token, find_secret_key)
    _check_expiry(moment, parameters.get("X-Amz-Expires", ""), now)
    query = [pair for pair in _query(request) if pair[0] != "X-Amz-Signature"]
    content = request.service_header("content-sha256") or "UNSIGNED-PAYLOAD"
    signing_key = _compare(request, claim, secret, query, content)
    return Caller(secret.owner_id, _payload(content, claim, signing_key))


def chunk_signature(signing: ChunkSigning, previous: str, kind: str, digests: str) -> str:
    """Return the signature of one chunk (kind PAYLOAD) or of the trailing headers (kind TRAILER)."""
    string_to_sign = "\n".join([f"{ALGORITHM}-{kind}", signing.timestamp, signing.scope, previous, digests])
    return _hmac(signing.signing_key, string_to_sign).hex()


def _claim(credential: str, signed_headers: str, signature: str, moment: datetime) -> _Claim:
    match = _CREDENTIAL.fullmatch(credential)
    timestamp = moment.strftime("%Y%m%dT%H%M%SZ")
    if match is None or not match[2].startswith(timestamp[:8]):
        raise ObsError("InvalidArgument", "The credential must be AK/date/region/s3/aws4_request, of the same date.")
    return _Claim(match[1], match[2], tuple(signed_headers.lower().split(";")), signature, timestamp)


def _check_expiry(moment: datetime, expires: str, now: datetime) -> None:
    if not re.fullmatch(r"\d{1,6}", expires) or timedelta(seconds=int(expires)) > _MAX_EXPIRES:
        raise ObsError("AccessDenied", "X-Amz-Expires must be a number of seconds up to seven days.")
    if moment - now > MAX_SKEW:
        raise ObsError("AccessDenied", "Request is not valid yet")
    if now > moment + timedelta(seconds=int(expires)):
        raise ObsError("AccessDenied", "Request has expired", Expires=expires)


def _compare(
    request: ObsRequest, claim: _Claim, secret: SecretKey, query: list[tuple[str, str]], content: str
) -> bytes:
    """
    Compare the signature with that of the secret key, and return the signing key.

    Raises:
        ObsError: SignatureDoesNotMatch.
    """
    service_headers = {name for name in request.headers if name.startswith("x-amz-")}
    if unsigned := ({"host"} | service_headers) - set(claim.signed_headers):
        raise ObsError("AccessDenied", f"There were headers that were not signed: {', '.join(sorted(unsigned))[:200]}")
    key = _signing_key(secret.secret, claim.scope)
    # Clients differ in which characters of the path they encode, and sign either form.
    paths = {request.raw_path.decode("latin-1"), _encode(unquote_to_bytes(request.raw_path), safe="/")}
    for path in paths:
        digest = hashlib.sha256(_canonical_request(request, path, query, claim, content)).hexdigest()
        string_to_sign = "\n".join([ALGORITHM, claim.timestamp, claim.scope, digest])
        if same(_hmac(key, string_to_sign).hex(), claim.signature):
            return key
    raise ObsError("SignatureDoesNotMatch")


def _canonical_request(
    request: ObsRequest, path: str, query: list[tuple[str, str]], claim: _Claim, content: str
) -> bytes:
    lines = [request.method, path, "&".join(f"{name}={value}" for name, value in sorted(query))]
    for name in claim.signed_headers:
        values = (" ".join(value.split()) for value in request.headers.getlist(name))
        lines.append(f"{name}:{','.join(values)}")
    return "\n".join([*lines, "", ";".join(claim.signed_headers), content]).encode("latin-1")


def _query(request: ObsRequest) -> list[tuple[str, str]]:
    pairs = (pair.partition(b"=") for pair in request.raw_query.split(b"&") if pair)
    return [(_encode(unquote_to_bytes(name)), _encode(unquote_to_bytes(value))) for name, _, value in pairs]


def _encode(text: bytes, safe: str = "") -> str:
    return quote(text, safe=safe)


def _payload(content: str, claim: _Claim, signing_key: bytes) -> Payload:
    if content == "UNSIGNED-PAYLOAD":
        return Payload()
    if content == "STREAMING-UNSIGNED-PAYLOAD-TRAILER":
        return Payload(chunked=True)
    if content in (f"STREAMING-{ALGORITHM}-PAYLOAD", f"STREAMING-{ALGORITHM}-PAYLOAD-TRAILER"):
        return Payload(chunked=True, signing=ChunkSigning(signing_key, claim.timestamp, claim.scope, claim.signature))
    if not re.fullmatch(r"[0-9a-f]{64}", content):
        raise ObsError("InvalidArgument", "x-amz-content-sha256 must be a SHA-256 digest or one of the known words.")
    return Payload(sha256=content)


def _signing_key(secret: str, scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, message: str) -> bytes:
    return hmac.new(key, message.encode(), hashlib.sha256).digest()
