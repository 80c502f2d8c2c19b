"""
HMAC-SHA1 signatures: OBS's own and AWS version 2, which differ in the prefix of the headers.

OBS API Reference, "Authentication of Signature in a Header" and "... in a URL".
"""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import unquote

from lab.obs.http.obs_errors import ObsError
from lab.obs.http.store_request import ObsRequest
from lab.obs.signatures.signature_check import Caller, FindSecretKey, check_skew, find_secret, parse_time, same

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
    """
    Verify the signature in a header.

    Raises:
        ObsError: AccessDenied (no date), InvalidAccessKeyId, RequestTimeTooSkewed or SignatureDoesNotMatch.
    """
    access_key, _, signature = request.headers["authorization"].partition(" ")[2].strip().partition(":")
    secret = find_secret(access_key, request.service_header("security-token"), find_secret_key)
    service_date = request.service_header("date")
    check_skew(parse_time(service_date or request.headers.get("date")), now)
    date = "" if service_date else request.headers.get("date", "")
    _compare(request, secret.secret, date, signature)
    return Caller(secret.owner_id)


def verify_query(request: ObsRequest, find_secret_key: FindSecretKey, now: datetime) -> Caller:
    """
    Verify the signature in a query.

    Raises:
        ObsError: AccessDenied (expired), InvalidAccessKeyId or SignatureDoesNotMatch.
    """
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
    if not any(same(_sign(secret, text), signature) for text in _strings_to_sign(request, date)):
        raise ObsError("SignatureDoesNotMatch")


def _strings_to_sign(request: ObsRequest, date: str) -> Iterator[bytes]:
    """
    Return the texts that may have been signed.

    Clients write a bucket's resource with and without the last slash, however they send it. A query parameter with the
    service's prefix (a security token) is signed as part of the query, as OBS has it, or as a header.
    """
    headers, query = _service_headers(request), _signed_query(request)
    in_query = {name: value for name, value in query.items() if name.lower().startswith(request.dialect.prefix)}
    first = [request.method, request.headers.get("content-md5", ""), request.headers.get("content-type", ""), date]
    for signed_headers, signed_query in (
        (headers, query),
        (headers | in_query, {name: value for name, value in query.items() if name not in in_query}),
    ):
        lines = [*first, *(f"{name}:{value}" for name, value in sorted(signed_headers.items()))]
        pairs = "&".join(name if value is None else f"{name}={value}" for name, value in sorted(signed_query.items()))
        for resource in _resources(request):
            text = "\n".join([*lines, resource]) + (f"?{pairs}" if pairs else "")
            yield text.encode("latin-1")


def _service_headers(request: ObsRequest) -> dict[str, str | None]:
    names = {name for name in request.headers if name.startswith(request.dialect.prefix)}
    return {name: ",".join(value.strip() for value in request.headers.getlist(name)) for name in names}


def _resources(request: ObsRequest) -> list[str]:
    bucket = f"/{request.virtual_bucket}" if request.virtual_bucket is not None else ""
    resource = bucket + request.raw_path.decode("latin-1")
    return [resource] if request.key else [resource.rstrip("/"), resource.rstrip("/") + "/"]


def _signed_query(request: ObsRequest) -> dict[str, str | None]:
    """Return the signed parameters, decoded; None: there is no equals sign."""
    parameters: dict[str, str | None] = {}
    for pair in request.raw_query.decode("latin-1").split("&"):
        name, equals, value = pair.partition("=")
        if name.lower() in SUBRESOURCES or name.lower().startswith(request.dialect.prefix):
            parameters.setdefault(name, unquote(value, "latin-1") if equals else None)
    return parameters


def _sign(secret: str, string_to_sign: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), string_to_sign, hashlib.sha1).digest()).decode()
