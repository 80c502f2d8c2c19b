"""Operations on objects, over HTTP."""

import asyncio
import uuid
from dataclasses import replace

from starlette.responses import Response

from lab.obs.http.bucket_routes import own_bucket
from lab.obs.http.conditions import check_conditions, parse_ranges
from lab.obs.http.http_dates import iso_date
from lab.obs.http.object_headers import describe, overrides, read_description
from lab.obs.http.obs_errors import ObsError
from lab.obs.http.request_body import MAX_OBJECT_BYTES, receive_body
from lab.obs.http.responses import FileResponse, Segment, document
from lab.obs.http.store_request import ObsRequest, decode
from lab.obs.signatures.signature_check import Caller
from lab.obs.storage.bucket_store import ObjectStore
from lab.obs.storage.obs_names import check_key
from lab.obs.storage.store_records import ObjectInfo, Part


class ObjectOperations:
    """
    Operations of the object part of the API.

    Args:
        store: Store of the objects.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, request: ObsRequest, caller: Caller) -> Response:
        check_key(request.key)
        bucket = own_bucket(self._store, request.bucket, caller)
        description = read_description(request, bucket.storage_class)
        with self._store.new_file() as writer:
            await receive_body(request, caller.payload, writer.write)
            info = await asyncio.to_thread(self._store.put, request.bucket, request.key, writer, description)
        return Response(headers={"etag": f'"{info.etag}"'})

    async def copy(self, request: ObsRequest, caller: Caller) -> Response:
        check_key(request.key)
        bucket = own_bucket(self._store, request.bucket, caller)
        source = find_copy_source(self._store, request, caller)
        if source.size > MAX_OBJECT_BYTES:
            raise ObsError("EntityTooLarge")
        description = read_description(request, bucket.storage_class)
        directive = request.service_header("metadata-directive") or "COPY"
        if directive not in ("COPY", "REPLACE"):
            raise ObsError("InvalidArgument", "Unknown metadata directive.")
        if directive == "COPY":
            unchanged = request.service_header("storage-class") is None
            if unchanged and (source.bucket, source.key) == (request.bucket, request.key):
                raise ObsError("InvalidRequest", "An object can be copied to itself only with other metadata.")
            tags = description.tags
            description = replace(source.description, storage_class=description.storage_class, acl="private")
            if request.service_header("tagging-directive") == "REPLACE":
                description = replace(description, tags=tags)
        info = await asyncio.to_thread(self._store.copy, source, request.bucket, request.key, description)
        return document(request, "CopyObjectResult", copied(info))

    async def get(self, request: ObsRequest, caller: Caller) -> Response:
        found = await asyncio.to_thread(self._store.open, request.bucket, request.key)
        if found is None:
            raise ObsError("NoSuchKey", Key=request.key)
        info, file = found
        try:
            headers = {**describe(request, info), **overrides(request)}
            if not self._is_wanted(request, info):
                file.close()
                return Response(status_code=304, headers=headers)
            check_readable(info)
            ranges = parse_ranges(request.headers.get("range"), info.size)
            segments = self._segments(headers, info, ranges)
        except ObsError:
            file.close()
            raise
        return FileResponse(file, segments, 206 if ranges else 200, headers)

    async def head(self, request: ObsRequest, caller: Caller) -> Response:
        info = find_object(self._store, request.bucket, request.key)
        headers = describe(request, info)
        if not self._is_wanted(request, info):
            return Response(status_code=304, headers=headers)
        ranges = parse_ranges(request.headers.get("range"), info.size)
        if len(ranges) != 1:
            return Response(headers={**headers, "content-length": str(info.size)})
        headers["content-range"] = _content_range(ranges[0], info)
        return Response(status_code=206, headers={**headers, "content-length": str(ranges[0][1] - ranges[0][0] + 1)})

    async def delete(self, request: ObsRequest, caller: Caller) -> Response:
        await asyncio.to_thread(self._store.delete, request.bucket, request.key)
        return Response(status_code=204)

    def _is_wanted(self, request: ObsRequest, info: ObjectInfo) -> bool:
        return check_conditions(request.headers.get, info, self._store.clock_now())

    def _segments(self, headers: dict[str, str], info: ObjectInfo, ranges: list[tuple[int, int]]) -> list[Segment]:
        """Return the pieces to send, and add to `headers` which they are."""
        if len(ranges) == 1:
            headers["content-range"] = _content_range(ranges[0], info)
            return list(ranges)
        if not ranges:
            return [(0, info.size - 1)]
        boundary = uuid.uuid4().hex
        content_type, headers["content-type"] = headers["content-type"], f"multipart/byteranges; boundary={boundary}"
        segments: list[Segment] = []
        for part in ranges:
            lines = f"\r\n--{boundary}\r\nContent-Type: {content_type}\r\nContent-Range: {_content_range(part, info)}"
            segments += [f"{lines}\r\n\r\n".encode("latin-1"), part]
        return [*segments, f"\r\n--{boundary}--\r\n".encode()]


def find_object(store: ObjectStore, bucket: str, key: str) -> ObjectInfo:
    """
    Return an object's description.

    Raises:
        ObsError: NoSuchKey.
    """
    if (info := store.head(bucket, key)) is None:
        raise ObsError("NoSuchKey", Key=key)
    return info


def find_copy_source(store: ObjectStore, request: ObsRequest, caller: Caller) -> ObjectInfo:
    """
    Return the object that the copy-source header names, if its conditions hold.

    Raises:
        ObsError: InvalidArgument, NoSuchBucket, NoSuchKey, AccessDenied, PreconditionFailed, InvalidObjectState.
    """
    text = (request.service_header("copy-source") or "").encode("latin-1")
    path, _, version = text.partition(b"?versionId=")
    bucket, _, key = decode(path).removeprefix("/").partition("/")
    if not key:
        raise ObsError("InvalidArgument", "The copy source must be /bucket/key.")
    check_version(version.decode("latin-1"))
    own_bucket(store, bucket, caller)
    info = find_object(store, bucket, key)
    if not check_conditions(request.copy_source_header, info, store.clock_now()):
        raise ObsError("PreconditionFailed")
    check_readable(info)
    return info


def check_version(version: str) -> None:
    """
    Refuse every version except "null", because buckets keep no versions.

    Raises:
        ObsError: NoSuchVersion.
    """
    if version not in ("", "null"):
        raise ObsError("NoSuchVersion", VersionId=version[:100])


def check_readable(info: ObjectInfo) -> None:
    """
    Refuse a Cold object, which would have to be restored first.

    Raises:
        ObsError: InvalidObjectState.
    """
    if info.storage_class == "COLD":
        raise ObsError("InvalidObjectState")


def copied(info: ObjectInfo | Part) -> list[tuple[str, str]]:
    return [("LastModified", iso_date(info.last_modified)), ("ETag", f'"{info.etag}"')]


def _content_range(part: tuple[int, int], info: ObjectInfo) -> str:
    return f"bytes {part[0]}-{part[1]}/{info.size}"
