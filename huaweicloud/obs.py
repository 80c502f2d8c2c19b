"""
Object Storage Service: client for the file from which an image is created.

Requests are signed as OBS documents it ("Authentication of Signature in a Header"):
`Authorization: OBS AK:signature`, HMAC-SHA1.
"""

import base64
import hashlib
import hmac
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import urlsplit

from huaweicloud.auth.authentication import Identity
from huaweicloud.errors import ApiError, ConfigurationError, InvalidResponse, NotFound
from huaweicloud.transport.messages import Request, Response, encode
from huaweicloud.transport.sender import Sender

SECURITY_TOKEN = "x-obs-security-token"  # noqa: S105 - the name of a header
CONTENT_MD5 = "Content-MD5"
METADATA = "x-obs-meta-"
"""Beginning of the names of headers with metadata that a user has given to an object."""


@dataclass(frozen=True)
class ObjectInfo:
    """
    Metadata of an object.

    Attributes:
        size_bytes: Size (bytes).
        etag: Entity tag, without quotes.
        storage_class: Storage class: STANDARD, WARM or COLD.
        last_modified: Time of the last change, if the service reports it.
        metadata: Metadata that was given to the object, by name.
    """

    size_bytes: int
    etag: str
    storage_class: str
    last_modified: datetime | None
    metadata: Mapping[str, str] = field(default_factory=dict)


class _Signer:
    """Authenticator of requests for one bucket."""

    def __init__(self, identity: Identity, bucket: str, bucket_in_path: bool) -> None:
        self._identity = identity
        self._prefix = "" if bucket_in_path else f"/{bucket}"

    def headers(self, request: Request) -> dict[str, str]:
        """Return the headers to send with the request, signed."""
        key = self._identity.object_store_key()
        headers = {**request.headers, "x-obs-date": format_datetime(datetime.now(UTC), usegmt=True)}
        if key.security_token:
            headers[SECURITY_TOKEN] = key.security_token
        to_sign = self._string_to_sign(request, headers).encode()
        signature = hmac.new(key.secret_key.encode(), to_sign, hashlib.sha1).digest()
        headers["Authorization"] = f"OBS {key.access_key}:{base64.b64encode(signature).decode()}"
        return headers

    def renew(self, sent: Mapping[str, str]) -> bool:
        """Discard a refused temporary key."""
        return self._identity.renew_object_store_key(sent.get(SECURITY_TOKEN))

    def _string_to_sign(self, request: Request, headers: Mapping[str, str]) -> str:
        """Build the text to sign: Content-Type is empty, and so is Date beside x-obs-date."""
        lines = [f"{name}:{headers[name]}\n" for name in sorted(headers) if name.startswith("x-obs-")]
        resource = self._prefix + request.full_path + (f"?{request.subresource}" if request.subresource else "")
        return f"{request.method}\n{headers.get(CONTENT_MD5, '')}\n\n\n{''.join(lines)}{resource}"


class Obs:
    """
    Client of OBS.

    Args:
        base_url: Base URL of the service.
        sender: Sender of the requests.
        identity: Source of the key that signs; for a password it is a temporary key.
    """

    def __init__(self, base_url: str, sender: Sender, identity: Identity) -> None:
        self._base_url = base_url
        self._sender = sender
        self._identity = identity

    def head_object(self, bucket: str, key: str) -> ObjectInfo | None:
        """
        Get the metadata of an object (HEAD, "Querying Object Metadata").

        Args:
            bucket: Name of the bucket.
            key: Name of the object.

        Returns:
            The metadata, or None if the object or the bucket does not exist.
        """
        try:
            response = self.send("HEAD", bucket, key, f"get the metadata of {bucket}:{key}")
        except NotFound:
            return None
        return _info(response, int(response.headers.get("content-length") or 0))

    def read_start(self, bucket: str, key: str, length: int) -> tuple[ObjectInfo, bytes] | None:
        """
        Get the metadata and the first bytes of an object in one request (GET with Range, "Downloading an Object").

        Args:
            bucket: Name of the bucket.
            key: Name of the object.
            length: Number of bytes.

        Returns:
            The metadata and the bytes, fewer at the end of the object; None if the object or the bucket does not exist.
        """
        operation = f"get the metadata of {bucket}:{key}"
        span = {"Range": f"bytes=0-{length - 1}"}
        try:
            response = self.send("GET", bucket, key, operation, headers=span, limit_bytes=length)
        except NotFound:
            return None
        except ApiError as error:
            if error.status != 416:  # the response for an empty object
                raise
            return ObjectInfo(0, "", "STANDARD", None), b""
        total = response.headers.get("content-range", "").rpartition("/")[2]
        return _info(response, int(total) if total.isdigit() else len(response.body)), response.body

    def read_range(self, bucket: str, key: str, start: int, length: int, *, etag: str = "") -> bytes:
        """
        Read part of an object (GET with Range, "Downloading an Object").

        Args:
            bucket: Name of the bucket.
            key: Name of the object.
            start: First byte, from 0.
            length: Number of bytes.
            etag: Entity tag that the object must have, "" for any; the service refuses another one (412).

        Returns:
            The bytes; fewer at the end of the object.

        Raises:
            NotFound: No such object exists.
        """
        operation = f"read {bucket}:{key}"
        headers = {"Range": f"bytes={start}-{start + length - 1}", **({"If-Match": f'"{etag}"'} if etag else {})}
        try:
            response = self.send("GET", bucket, key, operation, headers=headers, limit_bytes=length)
        except ApiError as error:
            if error.status == 416:
                return b""
            raise
        if response.status != 206 and start > 0:
            raise InvalidResponse(f"Could not {operation}: the service sent the whole object instead of a part of it")
        return response.body

    def bucket_location(self, bucket: str) -> str:
        """
        Return the region of a bucket (GET ?location, "Obtaining a Bucket Location").

        Args:
            bucket: Name of the bucket.

        Returns:
            Id of the region, or "" if the service does not report it.

        Raises:
            NotFound: No such bucket exists.
        """
        response = self.send("GET", bucket, "", f"get the region of bucket {bucket}", subresource="location")
        found = re.search(rb"<Location(?:Constraint)?\b[^>]*>\s*([^<\s]+)\s*</Location", response.body)
        return found.group(1).decode("ascii", "replace") if found else ""

    def send(
        self,
        method: str,
        bucket: str | None,
        key: str,
        operation: str,
        *,
        subresource: str = "",
        query: tuple[tuple[str, str], ...] = (),
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        limit_bytes: int = 1024 * 1024,
    ) -> Response:
        """
        Send a signed request for the service, a bucket or an object.

        Args:
            method: HTTP method.
            bucket: Name of the bucket; None for the service.
            key: Name of the object; "" for the bucket.
            operation: Operation as a verb phrase, for messages.
            subresource: Signed part of the query, as it is sent.
            query: Further query pairs, not encoded.
            headers: Headers besides those that signing adds.
            body: Bytes of the body.
            limit_bytes: Size limit of the response (bytes).

        Raises:
            CloudError: The request failed.
        """
        base_url, bucket_in_path = _address(self._base_url, bucket)
        request = Request(
            service="obs",
            method=method,
            base_url=base_url,
            path=(f"/{encode(bucket)}" if bucket is not None and bucket_in_path else "") + _object_path(key),
            subresource=subresource,
            query=query,
            body=body,
            headers={"Accept-Encoding": "identity", **(headers or {})},
            operation=operation,
            parse_json=False,
            limit_bytes=limit_bytes,
        )
        return self._sender.send(request, _Signer(self._identity, bucket or "", bucket_in_path))


def _info(response: Response, size_bytes: int) -> ObjectInfo:
    headers = response.headers
    return ObjectInfo(
        size_bytes=size_bytes,
        etag=headers.get("etag", "").strip('"'),
        storage_class=headers.get("x-obs-storage-class") or headers.get("x-amz-storage-class") or "STANDARD",
        last_modified=_moment(headers.get("last-modified")),
        metadata={name.removeprefix(METADATA): text for name, text in headers.items() if name.startswith(METADATA)},
    )


def _address(base_url: str, bucket: str | None) -> tuple[str, bool]:
    """Return the base URL with the bucket in the host name, or in the path if the host allows no prefix."""
    if bucket is None:
        return base_url, True
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", bucket):
        raise ConfigurationError(f"'{bucket}' is not a bucket name")
    parts = urlsplit(base_url)
    try:
        ipaddress.ip_address(parts.hostname or "")
        return base_url, True
    except ValueError:
        if parts.hostname == "localhost" or ("." in bucket and parts.scheme == "https"):
            return base_url, True
    return f"{parts.scheme}://{bucket}.{parts.netloc}{parts.path}", False


def _object_path(key: str) -> str:
    segments = key.split("/")
    if any(segment in (".", "..") for segment in segments):
        raise ConfigurationError(f"The object name '{key}' cannot be sent: it has a '.' or '..' between slashes")
    return "/" + "/".join(encode(segment) for segment in segments)


def _moment(value: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(value) if value else None
    except ValueError:
        return None
