"""
Parsing of error responses into exceptions.

The services have several shapes of error bodies, some of them with a 2xx status. All are read here:
`{"error": {code, message, details}}`, `{"error_code", "error_msg"}`, `{"code", "message"}`, the natives'
`{"itemNotFound": {code, message}}`, IAM's integer codes, XML on the native image paths and in the object store, and
plain text.
"""

import json
import re
import xml.parsers.expat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from huaweicloud.errors import absence, tree
from huaweicloud.errors.codes import CLASSES, HINTS, UNKNOWN_ROUTE_CODES, WAIT_BEFORE_REPEATING_S
from huaweicloud.printable import printable_line
from huaweicloud.transport.messages import Request

LIMIT_CHARACTERS = 600
SERVICE_CODE = re.compile(r"\b(?:APIGW|APIG|IMG|IMS|Ecs|EVS|VPC|IAM|Common|Pdp|OBS)\.\d{3,5}\b")
KEY_PAIRS = (("error_code", "error_msg"), ("errorCode", "errorMsg"), ("code", "message"))
CLASSES_BY_STATUS: dict[int, type[tree.ApiError]] = {
    401: tree.AuthenticationFailed,
    403: tree.PermissionDenied,
    409: tree.Conflict,
    429: tree.RateLimited,
}
# The object store identifies its errors by words.
CLASSES_BY_WORD: dict[str, type[tree.ApiError]] = {
    "ExpiredToken": tree.CredentialsExpired,
    "InvalidAccessKeyId": tree.AuthenticationFailed,
    "InvalidSecurityToken": tree.AuthenticationFailed,
    "RequestTimeTooSkewed": tree.AuthenticationFailed,
    "SignatureDoesNotMatch": tree.AuthenticationFailed,
    "SlowDown": tree.RateLimited,
}
NOT_ITS_OWN_HINT = "The response is not the service's own: check the endpoint, and any proxy or gateway in between."
CLOCK_HINT = "Check this machine's clock: a signature is valid for 15 minutes."
REDIRECT_HINT = "The endpoint redirects, which the cloud's endpoints never do: check the endpoint."
EXPIRED_HINT = "get new temporary credentials and run again"
DENIED_HINT = "Check the access key or the user name, password and account name."


@dataclass(frozen=True)
class Reason:
    """Code and message of an error body; either may be empty."""

    code: str
    message: str
    details: tuple[str, ...] = ()
    request_id: str = ""

    @property
    def codes(self) -> list[str]:
        """Return all codes, the most specific first: the overall code may only mean that some parameter is wrong."""
        return [*SERVICE_CODE.findall(" ".join(self.details)), self.code]


def is_refusal(request: Request, data: Any) -> bool:
    """
    Return True if a body with a 2xx status is an error.

    An example is the flow limit, Common.0024 with status 202. A failed job is no error: it has a status.

    Args:
        request: Request of the response.
        data: Parsed body of the response.
    """
    if not isinstance(data, dict) or request.service == "obs" or "job_id" in data or "status" in data:
        return False
    if isinstance(data.get("error"), dict):
        return True
    if data.get("error_code") and data.get("error_msg"):
        return True
    return isinstance(data.get("code"), str) and isinstance(data.get("message"), str) and len(data) <= 3


def to_error(
    request: Request,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    secrets: tuple[str, ...] = (),
    retry_after: float | None = None,
) -> tree.ApiError:
    """
    Build the exception for an error response.

    Args:
        request: Request that failed.
        status: HTTP status.
        headers: Headers of the response with lower-case names.
        body: Body of the response.
        secrets: Values that must not appear in the message.
        retry_after: Seconds to wait, from the Retry-After header of the response.

    Returns:
        An `ApiError` of the matching class.
    """
    reason = (
        _reason_of_head(headers) if request.method == "HEAD" else read_reason(body, headers.get("content-type", ""))
    )
    kind = _kind(request, status, reason, headers, body)
    message = "; ".join(filter(None, [reason.message, *reason.details]))
    error = kind(
        clean(message, (*secrets, *request.secrets)),
        status=status,
        code=reason.code,
        request_id=headers.get("x-request-id")
        or reason.request_id
        or headers.get("x-iam-trace-id")
        or absence.first(headers, absence.STORE_REQUEST_ID),
        operation=request.operation,
        resource=request.resource,
        retry_after=retry_after if retry_after is not None else WAIT_BEFORE_REPEATING_S.get(reason.code),
        hint=_hint(status, kind, reason),
    )
    error.is_foreign = _is_foreign(request, status, kind, reason, body)
    return error


def clean(message: str, secrets: tuple[str, ...] = ()) -> str:
    """Remove secrets, echoed requests, control characters and excess length from a service's message."""
    for secret in secrets:
        if secret:
            message = message.replace(secret, "***")
    message = re.split(r",?\s*canonicalRequest\b", message, maxsplit=1)[0]
    return printable_line(message, LIMIT_CHARACTERS)


def read_reason(body: bytes, content_type: str = "") -> Reason:
    """Read the code and the message out of an error body of any shape."""
    text = body.decode("utf-8", "replace").strip()
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return _from_markup(text) if text.startswith("<") else _from_text(text, content_type)
    return _from_json(data) if isinstance(data, dict) else _from_text(text, content_type)


def _from_json(data: Mapping[str, Any]) -> Reason:
    for level in _levels(data):
        for code_key, message_key in KEY_PAIRS:
            if level.get(code_key) or level.get(message_key):
                code, message = _untangle(_text(level.get(code_key)), _text(level.get(message_key)))
                return Reason(code, message, tuple(_details(level)), _text(data.get("request_id")))
    return Reason("", _text(data.get("error")), (), _text(data.get("request_id")))


def _levels(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield data
    yield from (value for value in data.values() if isinstance(value, dict))


def _text(value: object) -> str:
    return "" if value is None or isinstance(value, dict | list | bool) else str(value)


def _untangle(code: str, message: str) -> tuple[str, str]:
    """Return code and message in order: one documented example has them swapped, and IAM's code is the status."""
    if not SERVICE_CODE.fullmatch(code) and SERVICE_CODE.fullmatch(message):
        code, message = message, code
    if code.isdigit():
        found = SERVICE_CODE.search(message)
        code = found.group() if found else ""
    return code, message


def _details(level: Mapping[str, Any]) -> Iterator[str]:
    listed = level.get("details")
    for detail in listed if isinstance(listed, list) else []:
        if isinstance(detail, dict):
            yield " ".join(filter(None, [_text(detail.get("code")), _text(detail.get("message"))]))


def _from_markup(text: str) -> Reason:
    """Read XML such as `<Error><Code>..</Code><Message>..</Message></Error>`; an HTML page yields its title."""
    values = _elements(text)
    code = values.get("code", "")
    message = values.get("message") or values.get("title") or values.get("h1") or ""
    code, message = _untangle(code, message)
    if not code and (found := SERVICE_CODE.search(message)):
        code = found.group()
    return Reason(code, message, (), values.get("requestid", ""))


def _elements(text: str) -> dict[str, str]:
    """Collect the text of the first element of each name, lower-cased; entities are not expanded."""
    found: dict[str, str] = {}
    open_names: list[str] = []

    def characters(data: str) -> None:
        if open_names:
            found[open_names[-1]] = found.get(open_names[-1], "") + data

    def refuse(*_: object) -> None:
        raise ValueError("a document type with entities is not read")

    parser = xml.parsers.expat.ParserCreate()
    parser.StartElementHandler = lambda name, _: open_names.append(name.rpartition(":")[2].lower())
    parser.EndElementHandler = lambda _: open_names.pop() if open_names else None
    parser.CharacterDataHandler = characters
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(text, True)
    except (xml.parsers.expat.ExpatError, ValueError):
        title = re.search(r"<(title|h1)[^>]*>([^<]{1,300})", text, re.IGNORECASE)
        return {"title": title.group(2)} if title else {}
    return {name: value.strip() for name, value in found.items()}


def _from_text(text: str, content_type: str) -> Reason:
    found = SERVICE_CODE.search(text)
    return Reason(found.group() if found else "", text)


def _kind(
    request: Request, status: int, reason: Reason, headers: Mapping[str, str], body: bytes
) -> type[tree.ApiError]:
    if reason.code in UNKNOWN_ROUTE_CODES:
        return tree.ApiError
    if absence.is_missing(request, status, reason.codes, headers, body):
        return tree.NotFound
    known = (CLASSES.get(code) or CLASSES_BY_WORD.get(code) for code in reason.codes)
    kind = next((found for found in known if found and found is not tree.NotFound), None)
    if kind is None:
        kind = tree.ServerSideError if status >= 500 or status == 408 else CLASSES_BY_STATUS.get(status)
    # Not documented: one code for expired credentials; the gateway's message has the word.
    if kind is tree.AuthenticationFailed and _mentions_expiry(reason.message.lower()):
        return tree.CredentialsExpired
    return kind or tree.ApiError


def _is_foreign(request: Request, status: int, kind: type[tree.ApiError], reason: Reason, body: bytes) -> bool:
    """Return True for a response of a gateway, another service or a web server, and for a redirection."""
    if reason.code in UNKNOWN_ROUTE_CODES or (300 <= status < 400 and request.service != "obs"):
        return True
    if status in (404, 410) and kind is tree.ApiError:
        return True
    if status < 500 and status not in (408, 429) and body.lstrip()[:9].lower() in HTML_STARTS:
        return True
    # only the object store identifies its errors by words, and never by the gateway's codes
    if request.service == "obs":
        return reason.code.startswith(("APIGW.", "APIG."))
    return body.lstrip().startswith(b"<") and bool(re.fullmatch(r"[A-Z][a-z]+([A-Z][a-z]+)+", reason.code))


HTML_STARTS = (b"<!doctype", b"<html>\n<h", b"<html><he", b"<html lan", b"<html>\r\n<", b"<html>\r\n")


def _reason_of_head(headers: Mapping[str, str]) -> Reason:
    return Reason(absence.first(headers, absence.STORE_ERROR_CODE), headers.get("x-obs-error-message", ""))


def _mentions_expiry(message: str) -> bool:
    if "signature expired" in message:
        return False
    return "expire" in message or "token must be updated" in message


def _hint(status: int, kind: type[tree.ApiError], reason: Reason) -> str:
    if 300 <= status < 400:
        return REDIRECT_HINT
    if reason.code == "RequestTimeTooSkewed" or "signature expired" in reason.message.lower():
        return CLOCK_HINT
    for code in reason.codes:
        if code in HINTS:
            return HINTS[code]
    if kind is tree.CredentialsExpired:
        return EXPIRED_HINT
    if status in (404, 410) and kind is tree.ApiError:
        return NOT_ITS_OWN_HINT
    return DENIED_HINT if kind is tree.AuthenticationFailed else ""
