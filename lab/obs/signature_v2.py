"""HMAC-SHA1 signatures: OBS's own and AWS version 2, which differ in the prefix of the headers.

OBS API Reference, "Authentication of Signature in a Header" and "... in a URL".
"""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import unquote_to_bytes

from lab.obs.errors import ObsError
from lab.obs.request import ObsRequest
from lab.obs.signatures import Caller, FindSecretKey, check_skew, find_secret, parse_time, same

# Query parameters that are part of what is signed.
SUBRESOURCES = frozenset(
    (  # noqa: SIM905
        "accelerate acl analytics append attname backtosource cdnnotifyconfiguration cors customdomain delete "
        "deletebucket directcoldaccess encryption inventory length lifecycle location logging metadata metrics "
        "mirrorbacktosource modify name notification object-lock obscompresspolicy partnumber policy position quota "
        "rename replication requestpayment response-cache-control response-content-disposition "
        "response-content-encoding response-content-language response-content-type response-expires restore "
        "retention storageclass storageinfo storagepolicy tagging torrent truncate uploadid uploads versionid "
        "versioning versions website"
    ).split()
)


def verify_header(request: ObsRequest, find_secret_key: FindSecretKey, now: datetime) -> Caller:
    """Raises AccessDenied (no date), InvalidAccessKeyId, RequestTimeTooSkewed or SignatureDoesNotMatch."""
    access_key, _, signature = request.headers["authorization"].partition(" ")[2].strip().partition(":")
    secret = find_secret(access_key, request.service_header("security-token"), find_secret_key)
    service_date = request.service_header("date")
    check_skew(parse_time(service_date or request.headers.get("date")), now)
    date = "" if service_date else request.headers.get("date", "")
    _compare(request, secret.secret, date, signature)
    return Caller(secret.owner_id)


def verify_query(request: ObsRequest, find_secret_key: FindSecretKey, now: datetime) -> Caller:
    """Raises AccessDenied (expired), InvalidAccessKeyId or SignatureDoesNotMatch."""
    parameters = request.parameters
    access_key = parameters.get("AccessKeyId") or parameters["AWSAccessKeyId"]
    token = parameters.get(f"{request.dialect.prefix}security-token") or request.service_header("security-token")
    secret = find_secret(access_key, token, find_secret_key)
    expires = parameters.get("Expires", "")
    if not (expires.isascii() and expires.isdigit() and len(expires) <= 11):
        raise ObsError("AccessDenied", "Expires must be a Unix timestamp in seconds.")
    if now > datetime.fromtimestamp(int(expires), UTC):
        raise ObsError("AccessDenied", "Request has expired", Expires=expires)
    _compare(request, secret.secret, expires, parameters.get("Signature", ""))
    return Caller(secret.owner_id)


def _compare(request: ObsRequest, secret: str, date: str, signature: str) -> None:
    # The documents write a bucket's resource both with and without the last slash.
    resources = {_resource(request), _resource(request).removesuffix(b"/")} if not request.key else {_resource(request)}
    expected = [_sign(secret, _string_to_sign(request, date, resource)) for resource in resources]
    if not any(same(one, signature) for one in expected):
        raise ObsError("SignatureDoesNotMatch")


def _string_to_sign(request: ObsRequest, date: str, resource: bytes) -> bytes:
    first = [request.method, request.headers.get("content-md5", ""), request.headers.get("content-type", ""), date]
    lines = "".join(f"{line}\n" for line in [*first, *_service_headers(request)])
    return lines.encode("latin-1") + (resource or b"/") + _signed_query(request)


def _service_headers(request: ObsRequest) -> list[str]:
    names = sorted({name for name in request.headers if name.startswith(request.dialect.prefix)})
    return [f"{name}:{','.join(value.strip() for value in request.headers.getlist(name))}" for name in names]


def _resource(request: ObsRequest) -> bytes:
    if request.virtual_bucket is None:
        return request.raw_path
    return b"/" + request.virtual_bucket.encode() + request.raw_path


def _signed_query(request: ObsRequest) -> bytes:
    pairs: dict[bytes, bytes] = {}
    for pair in request.raw_query.split(b"&"):
        name, equals, value = pair.partition(b"=")
        lowered = name.decode("latin-1").lower()
        if lowered in SUBRESOURCES or lowered.startswith(request.dialect.prefix):
            pairs.setdefault(name, equals + unquote_to_bytes(value))
    signed = b"&".join(name + value for name, value in sorted(pairs.items()))
    return b"?" + signed if signed else b""


def _sign(secret: str, string_to_sign: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), string_to_sign, hashlib.sha1).digest()).decode()
