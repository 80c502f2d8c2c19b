"""Operations on multipart uploads, over HTTP."""

import asyncio

from starlette.responses import Response

from lab.obs.http.bucket_routes import Encode, encoding_element, key_encoder, own_bucket, owner
from lab.obs.http.conditions import parse_ranges
from lab.obs.http.http_dates import iso_date
from lab.obs.http.object_headers import read_description
from lab.obs.http.object_routes import copied, find_copy_source
from lab.obs.http.obs_errors import ObsError
from lab.obs.http.request_body import MAX_OBJECT_BYTES, read_body, receive_body
from lab.obs.http.responses import document
from lab.obs.http.store_request import ObsRequest
from lab.obs.http.xml_documents import Content, Element, read_document
from lab.obs.signatures.signature_check import Caller
from lab.obs.storage.blobs import read_chunks
from lab.obs.storage.bucket_store import ObjectStore
from lab.obs.storage.listing import Page
from lab.obs.storage.multipart import MAX_PART_NUMBER, MultipartUploads
from lab.obs.storage.store_records import ObjectInfo, Part, Upload

MAX_ENTRIES = 1000  # of a page


class UploadOperations:
    """
    Operations of the multipart part of the API.

    Args:
        store: Store of the objects.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._uploads = MultipartUploads(store)

    async def create(self, request: ObsRequest, caller: Caller) -> Response:
        bucket = own_bucket(self._store, request.bucket, caller)
        description = read_description(request, bucket.storage_class)
        upload = self._uploads.create(request.bucket, request.key, description)
        return document(request, "InitiateMultipartUploadResult", _names(upload))

    async def put_part(self, request: ObsRequest, caller: Caller) -> Response:
        upload, number = self._upload(request), _part_number(request)
        with self._store.new_file() as writer:
            await receive_body(request, caller.payload, writer.write)
            part = await asyncio.to_thread(self._uploads.put_part, upload, number, writer)
        return Response(headers={"etag": f'"{part.etag}"'})

    async def copy_part(self, request: ObsRequest, caller: Caller) -> Response:
        upload, number = self._upload(request), _part_number(request)
        source = find_copy_source(self._store, request, caller)
        ranges = parse_ranges(request.service_header("copy-source-range"), source.size)
        first, last = ranges[0] if ranges else (0, source.size - 1)
        if last - first >= MAX_OBJECT_BYTES:
            raise ObsError("EntityTooLarge")
        part = await asyncio.to_thread(self._copy_range, upload, number, source, (first, last))
        return document(request, "CopyPartResult", copied(part))

    async def list_parts(self, request: ObsRequest, caller: Caller) -> Response:
        upload = self._upload(request)
        limit = request.integer("max-parts", MAX_ENTRIES, MAX_ENTRIES)
        marker = request.integer("part-number-marker", 0, MAX_PART_NUMBER)
        parts = [part for part in self._uploads.parts(upload) if part.number > marker]
        page = parts[:limit]
        content: list[tuple[str, Content]] = [
            *_names(upload),
            _initiator(caller),
            owner(caller.owner_id),
            ("StorageClass", request.dialect.storage_classes[upload.description.storage_class]),
            ("PartNumberMarker", marker),
            ("NextPartNumberMarker", page[-1].number if page else 0),
            ("MaxParts", limit),
            ("IsTruncated", len(parts) > len(page) > 0),
        ]
        content += [("Part", _part_element(part)) for part in page]
        return document(request, "ListPartsResult", content)

    async def complete(self, request: ObsRequest, caller: Caller) -> Response:
        upload = self._upload(request)
        body = await read_body(request, caller.payload)
        chosen = [_chosen_part(element) for element in read_document(body, "CompleteMultipartUpload").find_all("Part")]
        if not chosen:
            raise ObsError("MalformedXML")
        info = await asyncio.to_thread(self._uploads.complete, upload, chosen)
        location = f"http://{request.headers.get('host', '')}{request.raw_path.decode('latin-1')}"
        content = [("Location", location), ("Bucket", info.bucket), ("Key", info.key), ("ETag", f'"{info.etag}"')]
        return document(request, "CompleteMultipartUploadResult", content)

    async def abort(self, request: ObsRequest, caller: Caller) -> Response:
        await asyncio.to_thread(self._uploads.abort, self._upload(request))
        return Response(status_code=204)

    async def list_uploads(self, request: ObsRequest, caller: Caller) -> Response:
        names = ("prefix", "delimiter", "key-marker", "upload-id-marker")
        prefix, delimiter, key_marker, id_marker = (request.parameters.get(name, "") for name in names)
        limit = request.integer("max-uploads", MAX_ENTRIES, MAX_ENTRIES)
        page = self._uploads.list_uploads(request.bucket, prefix, delimiter, (key_marker, id_marker), limit)
        encode = key_encoder(request)
        content: list[tuple[str, Content]] = [
            ("Bucket", request.bucket),
            ("KeyMarker", encode(key_marker)),
            ("UploadIdMarker", id_marker),
            ("Delimiter", encode(delimiter)),
            ("Prefix", encode(prefix)),
            ("MaxUploads", limit),
            ("IsTruncated", page.truncated),
            *encoding_element(request),
            *(_next_markers(page, encode) if page.truncated else []),
            *(("Upload", _upload_element(request, upload, caller, encode)) for upload in page.contents),
            *(("CommonPrefixes", [("Prefix", encode(group))]) for group in page.common_prefixes),
        ]
        return document(request, "ListMultipartUploadsResult", content)

    def _upload(self, request: ObsRequest) -> Upload:
        return self._uploads.upload(request.bucket, request.key, request.parameters["uploadId"])

    def _copy_range(self, upload: Upload, number: int, source: ObjectInfo, part: tuple[int, int]) -> Part:
        found = self._store.open(source.bucket, source.key)
        if found is None:
            raise ObsError("NoSuchKey", Key=source.key)
        with found[1] as file, self._store.new_file() as writer:
            file.seek(part[0])
            for chunk in read_chunks(file, part[1] - part[0] + 1):
                writer.write(chunk)
            return self._uploads.put_part(upload, number, writer)


def _part_number(request: ObsRequest) -> int:
    number = request.integer("partNumber", 0, MAX_PART_NUMBER + 1)
    if not 1 <= number <= MAX_PART_NUMBER:
        raise ObsError("InvalidArgument", f"partNumber must be from 1 to {MAX_PART_NUMBER}.")
    return number


def _chosen_part(element: Element) -> tuple[int, str]:
    number = element.find_text("PartNumber").strip()
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise ObsError("MalformedXML")
    return int(number), element.find_text("ETag").strip().strip('"')


def _names(upload: Upload) -> list[tuple[str, Content]]:
    return [("Bucket", upload.bucket), ("Key", upload.key), ("UploadId", upload.upload_id)]


def _initiator(caller: Caller) -> tuple[str, Content]:
    return owner(caller.owner_id, "Initiator")


def _part_element(part: Part) -> Content:
    number: tuple[str, Content] = ("PartNumber", part.number)
    return [number, ("LastModified", iso_date(part.last_modified)), ("ETag", f'"{part.etag}"'), ("Size", part.size)]


def _next_markers(page: Page[Upload], encode: Encode) -> list[tuple[str, Content]]:
    """Return the start of the next page: after an upload, or after all those of a common prefix."""
    ends_with_upload = page.contents and page.contents[-1].key == page.last
    upload_id = page.contents[-1].upload_id if ends_with_upload else ""
    return [("NextKeyMarker", encode(page.last)), ("NextUploadIdMarker", upload_id)]


def _upload_element(request: ObsRequest, upload: Upload, caller: Caller, encode: Encode) -> Content:
    return [
        ("Key", encode(upload.key)),
        ("UploadId", upload.upload_id),
        _initiator(caller),
        owner(caller.owner_id),
        ("StorageClass", request.dialect.storage_classes[upload.description.storage_class]),
        ("Initiated", iso_date(upload.initiated)),
    ]
