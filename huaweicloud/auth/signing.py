"""
Request signatures with an access key: SDK-HMAC-SHA256.

Source: "AK/SK authentication", signing algorithm of the API gateway. The canonical path ends in a slash although the
request is sent without one; nothing but the headers given here is signed.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import unquote

from huaweicloud.transport.messages import Request, canonical_query, encode

ALGORITHM = "SDK-HMAC-SHA256"
DATE_HEADER = "X-Sdk-Date"
CONTENT_HASH_HEADER = "X-Sdk-Content-Sha256"


def sign(request: Request, headers: Mapping[str, str], access_key: str, secret_key: str) -> dict[str, str]:
    """
    Sign a request.

    Args:
        request: Request to sign.
        headers: Headers to send and to sign.
        access_key: Access key id.
        secret_key: Secret access key.

    Returns:
        The headers to send, `X-Sdk-Date`, `Host` and `Authorization` included.
    """
    signed = dict(headers)
    names = {name.lower() for name in signed}
    content_type = next((value for name, value in signed.items() if name.lower() == "content-type"), "")
    if content_type and not content_type.startswith(("application/json", "application/bson")):
        signed[CONTENT_HASH_HEADER] = "UNSIGNED-PAYLOAD"
    if DATE_HEADER.lower() not in names:
        signed[DATE_HEADER] = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    if "host" not in names:
        signed["Host"] = request.host
    lowered = {name.lower(): value.strip() for name, value in signed.items() if "_" not in name}
    signed_names = ";".join(sorted(lowered))
    to_sign = "\n".join(
        [ALGORITHM, _date(signed), hashlib.sha256(_canonical_request(request, lowered).encode()).hexdigest()]
    )
    signature = hmac.new(secret_key.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    signed["Authorization"] = f"{ALGORITHM} Access={access_key}, SignedHeaders={signed_names}, Signature={signature}"
    return signed


def _date(headers: Mapping[str, str]) -> str:
    return next(value for name, value in headers.items() if name.lower() == DATE_HEADER.lower())


def _canonical_request(request: Request, lowered: Mapping[str, str]) -> str:
    header_lines = "".join(f"{name}:{lowered[name]}\n" for name in sorted(lowered))
    return "\n".join(
        [
            request.method.upper(),
            _canonical_path(request.full_path),
            canonical_query(request.query),
            header_lines,
            ";".join(sorted(lowered)),
            _body_hash(request.body, lowered),
        ]
    )


def _canonical_path(encoded_path: str) -> str:
    canonical = "/".join(encode(segment) for segment in unquote(encoded_path).split("/"))
    return canonical if canonical.endswith("/") else canonical + "/"


def _body_hash(body: bytes, lowered: Mapping[str, str]) -> str:
    given = lowered.get(CONTENT_HASH_HEADER.lower())
    return given if body and given else hashlib.sha256(body).hexdigest()
