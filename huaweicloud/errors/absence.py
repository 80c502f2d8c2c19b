"""
Responses that mean "it does not exist", distinguished from all others with the same status.

A status alone proves nothing: a gateway, a proxy and another service also respond with 404 to an unknown address.
Required is a code of the service, or the words of a native interface.
"""

import json
from collections.abc import Mapping, Sequence

from huaweicloud.errors import NotFound
from huaweicloud.errors.codes import CLASSES
from huaweicloud.transport.messages import Request

# Families of error codes by service.
CODE_FAMILIES: dict[str, tuple[str, ...]] = {
    "ims": ("IMG.", "IMS.", "Common."),
    "ecs": ("Ecs.", "Common."),
    "evs": ("EVS.", "Common."),
    "vpc": ("VPC.", "Common."),
    "iam": ("IAM.",),
}
# Words of the native interfaces, which have no codes (ECS and EVS: itemNotFound; Glance: "No image found with ID ...").
NATIVE_WORDS = {"ims": "no image found", "ecs": "itemnotfound", "evs": "itemnotfound"}
STORE_CODES = frozenset({"NoSuchBucket", "NoSuchKey", "NoSuchUpload", "NoSuchVersion"})
# Source: OBS API reference, common response headers. A response to HEAD has no body: the SDKs read these headers.
STORE_ERROR_CODE = ("x-obs-error-code", "x-amz-error-code")
STORE_REQUEST_ID = ("x-obs-request-id", "x-amz-request-id")


def is_missing(request: Request, status: int, codes: Sequence[str], headers: Mapping[str, str], body: bytes) -> bool:
    """
    Return True if an error response is the service's own "does not exist".

    Args:
        request: Request that failed.
        status: HTTP status.
        codes: Error codes of the response.
        headers: Headers of the response with lower-case names.
        body: Body of the response.
    """
    if request.service == "obs":
        return _is_missing_in_store(request, status, codes, headers)
    iam = request.service == "iam"
    if any(CLASSES.get(code) is NotFound and code.startswith("IAM.") == iam for code in codes):
        return True
    own = [code for code in codes if code.startswith(CODE_FAMILIES.get(request.service, ()))]
    if own and status in (404, 410):
        return next((CLASSES[code] for code in own if code in CLASSES), NotFound) is NotFound
    if iam:
        return status == 404 and _has_shape_of_iam(body)
    words = NATIVE_WORDS.get(request.service)
    return words is not None and 400 <= status < 500 and words in body.decode("utf-8", "replace").lower()


def first(headers: Mapping[str, str], names: Sequence[str]) -> str:
    """Return the value of the first of these headers in the response, or ""."""
    return next((headers[name] for name in names if headers.get(name)), "")


def _is_missing_in_store(request: Request, status: int, codes: Sequence[str], headers: Mapping[str, str]) -> bool:
    if STORE_CODES.intersection(codes):
        return True
    return request.method == "HEAD" and status == 404 and not any(codes) and bool(first(headers, STORE_REQUEST_ID))


def _has_shape_of_iam(body: bytes) -> bool:
    """Return True for IAM's documented error body, `{"error": {"code": <status>, "message", "title"}}`."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
    return isinstance(error, dict) and error.get("code") == 404 and {"message", "title"} <= set(error)
