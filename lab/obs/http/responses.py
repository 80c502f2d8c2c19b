"""Responses: XML documents, errors, and parts of files."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import BinaryIO, TypeAlias

import anyio.to_thread
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from lab.obs.http.obs_errors import ObsError
from lab.obs.http.store_request import ObsRequest
from lab.obs.http.xml_documents import Content, write_document
from lab.obs.storage.blobs import CHUNK_BYTES

# Bytes as they are, or the first and last byte of a piece of a file.
Segment: TypeAlias = bytes | tuple[int, int]


def document(request: ObsRequest, name: str, content: Content) -> Response:
    body = write_document(name, content, request.dialect.namespace)
    return Response(body, media_type="application/xml")


def error_document(request: ObsRequest, error: ObsError, request_id: str) -> Response:
    content = [
        ("Code", error.code),
        ("Message", error.message),
        ("Resource", request.raw_path.decode("latin-1")),
        ("RequestId", request_id),
        ("HostId", host_id(request_id)),
        *error.details.items(),
    ]
    return Response(write_document("Error", content), status_code=error.status, media_type="application/xml")


def host_id(request_id: str) -> str:
    """Return the second id of a response, which on the cloud names the server."""
    return f"lab{request_id}"


class FileResponse(StreamingResponse):
    """Response with pieces of an open file, which is closed at the end."""

    def __init__(
        self, file: BinaryIO, segments: Sequence[Segment], status_code: int, headers: Mapping[str, str]
    ) -> None:
        length = sum(len(part) if isinstance(part, bytes) else part[1] - part[0] + 1 for part in segments)
        super().__init__(_read(file, segments), status_code, {**headers, "content-length": str(length)})
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._file:
            await super().__call__(scope, receive, send)


async def _read(file: BinaryIO, segments: Sequence[Segment]) -> AsyncIterator[bytes]:
    for segment in segments:
        if isinstance(segment, bytes):
            yield segment
            continue
        file.seek(segment[0])
        left = segment[1] - segment[0] + 1
        while left and (chunk := await anyio.to_thread.run_sync(file.read, min(CHUNK_BYTES, left))):
            left -= len(chunk)
            yield chunk
