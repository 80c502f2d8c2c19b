"""Operations on buckets, over HTTP."""

import asyncio
import base64
import binascii
from collections.abc import Callable
from urllib.parse import quote

from starlette.responses import Response

from lab.obs.http.http_dates import iso_date
from lab.obs.http.object_headers import read_storage_class
from lab.obs.http.obs_errors import ObsError
from lab.obs.http.request_body import read_body
from lab.obs.http.responses import document
from lab.obs.http.store_request import OBS, ObsRequest
from lab.obs.http.xml_documents import Content, Element, read_document
from lab.obs.signatures.signature_check import Caller
from lab.obs.storage.bucket_store import ObjectStore
from lab.obs.storage.listing import Page
from lab.obs.storage.obs_names import check_key
from lab.obs.storage.store_records import BucketInfo, ObjectInfo

MAX_KEYS = 1000  # of a page, and of a deletion

Encode = Callable[[str], str]


class BucketOperations:
    """
    Operations of the bucket part of the API.

    Args:
        store: Store of the objects.
        region: Region of all buckets.
    """

    def __init__(self, store: ObjectStore, region: str) -> None:
        self._store = store
        self._region = region

    async def list_buckets(self, request: ObsRequest, caller: Caller) -> Response:
        buckets: list[tuple[str, Content]] = [
            ("Bucket", [("Name", bucket.name), ("CreationDate", iso_date(bucket.created_at)), *self._place(request)])
            for bucket in self._store.buckets(caller.owner_id)
        ]
        return document(request, "ListAllMyBucketsResult", [owner(caller.owner_id), ("Buckets", buckets)])

    async def create(self, request: ObsRequest, caller: Caller) -> Response:
        body = await read_body(request, caller.payload)
        location = _location(read_document(body, "CreateBucketConfiguration")) if body else ""
        if location not in ("", self._region):
            raise ObsError("InvalidLocationConstraint", LocationConstraint=location[:100])
        name = _storage_class_header(request)
        word = request.headers.get(name, "STANDARD")
        storage_class = read_storage_class(request.dialect, word, "InvalidDefaultStorageClass")
        bucket = self._store.create_bucket(request.bucket, caller.owner_id, storage_class)
        return Response(headers={"location": f"/{bucket.name}"})

    async def delete(self, request: ObsRequest, caller: Caller) -> Response:
        self._store.delete_bucket(request.bucket)
        return Response(status_code=204)

    async def head(self, request: ObsRequest, caller: Caller) -> Response:
        bucket = own_bucket(self._store, request.bucket, caller)
        region = "x-obs-bucket-location" if request.dialect is OBS else "x-amz-bucket-region"
        storage_class = request.dialect.storage_classes[bucket.storage_class]
        headers = {region: self._region, _storage_class_header(request): storage_class, "x-obs-version": "3.0"}
        return Response(headers=headers, media_type="application/xml")

    async def location(self, request: ObsRequest, caller: Caller) -> Response:
        return document(request, "Location" if request.dialect is OBS else "LocationConstraint", self._region)

    async def list_objects(self, request: ObsRequest, caller: Caller) -> Response:
        second = request.parameters.get("list-type") == "2"
        prefix, delimiter = (request.parameters.get(name, "") for name in ("prefix", "delimiter"))
        limit = request.integer("max-keys", MAX_KEYS, MAX_KEYS)
        after = _start_after(request) if second else request.parameters.get("marker", "")
        page = await asyncio.to_thread(self._store.list_objects, request.bucket, prefix, delimiter, after, limit)
        encode = key_encoder(request)
        shown_owner = caller.owner_id if not second or request.parameters.get("fetch-owner") == "true" else None
        content: list[tuple[str, Content]] = [
            ("Name", request.bucket),
            ("Prefix", encode(prefix)),
            *([("Delimiter", encode(delimiter))] if delimiter else []),
            ("MaxKeys", limit),
            ("IsTruncated", page.truncated),
            *encoding_element(request),
            *(_second_position(request, page, encode) if second else _first_position(after, page, encode)),
            *(("Contents", _object_element(request, info, encode, shown_owner)) for info in page.contents),
            *(("CommonPrefixes", [("Prefix", encode(group))]) for group in page.common_prefixes),
        ]
        return document(request, "ListBucketResult", content)

    async def delete_objects(self, request: ObsRequest, caller: Caller) -> Response:
        # OBS documents Content-MD5 as required; today's S3 clients send a checksum in its place.
        if not any(name == "content-md5" or name.startswith("x-amz-checksum-") for name in request.headers):
            raise ObsError("InvalidRequest", "Missing required header for this request: Content-MD5")
        order = read_document(await read_body(request, caller.payload), "Delete")
        keys = [element.find_text("Key") for element in order.find_all("Object")]
        if not 1 <= len(keys) <= MAX_KEYS:
            raise ObsError("MalformedXML")
        for key in keys:
            check_key(key)
        await asyncio.to_thread(self._delete_all, request.bucket, keys)
        quiet = [element.text.strip() for element in order.find_all("Quiet")] == ["true"]
        return document(request, "DeleteResult", [] if quiet else [("Deleted", [("Key", key)]) for key in keys])

    def _delete_all(self, bucket: str, keys: list[str]) -> None:
        for key in keys:
            self._store.delete(bucket, key)

    def _place(self, request: ObsRequest) -> list[tuple[str, Content]]:
        return [("Location", self._region), ("BucketType", "OBJECT")] if request.dialect is OBS else []


def own_bucket(store: ObjectStore, name: str, caller: Caller) -> BucketInfo:
    """
    Return the caller's bucket.

    Raises:
        ObsError: NoSuchBucket, or AccessDenied for another account's.
    """
    bucket = store.bucket(name)
    if bucket is None:
        raise ObsError("NoSuchBucket", BucketName=name)
    if bucket.owner_id != caller.owner_id:
        raise ObsError("AccessDenied")
    return bucket


def owner(owner_id: str, element: str = "Owner") -> tuple[str, Content]:
    return element, [("ID", owner_id)]


def key_encoder(request: ObsRequest) -> Encode:
    """
    Return the function that encodes keys for a listing.

    Raises:
        ObsError: InvalidArgument for an unknown encoding-type.
    """
    encoding = request.parameters.get("encoding-type")
    if encoding not in (None, "", "url"):
        raise ObsError("InvalidArgument", "Invalid Encoding Method specified in Request")
    return quote if encoding else str


def encoding_element(request: ObsRequest) -> list[tuple[str, Content]]:
    return [("EncodingType", "url")] if request.parameters.get("encoding-type") else []


def _first_position(after: str, page: Page[ObjectInfo], encode: Encode) -> list[tuple[str, Content]]:
    marker: list[tuple[str, Content]] = [("Marker", encode(after))]
    return [*marker, ("NextMarker", encode(page.last))] if page.truncated else marker


def _second_position(request: ObsRequest, page: Page[ObjectInfo], encode: Encode) -> list[tuple[str, Content]]:
    content: list[tuple[str, Content]] = [("KeyCount", len(page.contents) + len(page.common_prefixes))]
    if "continuation-token" in request.parameters:
        content.append(("ContinuationToken", request.parameters["continuation-token"]))
    if "start-after" in request.parameters:
        content.append(("StartAfter", encode(request.parameters["start-after"])))
    if page.truncated:
        content.append(("NextContinuationToken", base64.urlsafe_b64encode(page.last.encode()).decode()))
    return content


def _start_after(request: ObsRequest) -> str:
    token = request.parameters.get("continuation-token")
    if token is None:
        return request.parameters.get("start-after", "")
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise ObsError("InvalidArgument", "The continuation token provided is incorrect.") from None


def _object_element(request: ObsRequest, info: ObjectInfo, encode: Encode, owner_id: str | None) -> Content:
    content: list[tuple[str, Content]] = [
        ("Key", encode(info.key)),
        ("LastModified", iso_date(info.last_modified)),
        ("ETag", f'"{info.etag}"'),
        ("Size", info.size),
        ("StorageClass", request.dialect.storage_classes[info.storage_class]),
    ]
    return [*content, owner(owner_id)] if owner_id else content


def _location(configuration: Element) -> str:
    found = configuration.find_all("Location") + configuration.find_all("LocationConstraint")
    return found[0].text.strip() if found else ""


def _storage_class_header(request: ObsRequest) -> str:
    return "x-obs-storage-class" if request.dialect is OBS else "x-default-storage-class"
