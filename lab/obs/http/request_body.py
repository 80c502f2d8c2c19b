"""Bodies of requests: received in pieces, decoded, and checked against every digest of the request."""

import asyncio
import base64
import hashlib
import re
import zlib
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Protocol

from lab.obs.http.obs_errors import ObsError
from lab.obs.http.store_request import ObsRequest
from lab.obs.signatures.signature_check import ChunkSigning, Payload, same
from lab.obs.signatures.signature_v4 import chunk_signature
from lab.obs.storage.blobs import CHUNK_BYTES

MAX_OBJECT_BYTES = 5 << 30  # of one PUT or one part
MAX_DOCUMENT_BYTES = 4 << 20
IDLE_SECONDS = 60.0

_LINE_BYTES = 4096
_CHUNK_LINE = re.compile(rb"([0-9a-fA-F]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?")
_EMPTY_SHA256 = hashlib.sha256().hexdigest()

Write = Callable[[bytes], object]


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


# CRC-32C and CRC-64/NVME are not checked: Python has no fast way to compute them, and OBS documents none of these.
_CHECKSUMS: dict[str, Callable[[], _Digest]] = {
    "x-amz-checksum-crc32": _Crc32,
    "x-amz-checksum-sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "x-amz-checksum-sha256": hashlib.sha256,
}


async def receive_body(request: ObsRequest, payload: Payload, write: Write, limit: int = MAX_OBJECT_BYTES) -> None:
    """
    Pass a request's body on, and verify at the end that it is the signed one.

    Args:
        request: Request whose body is received.
        payload: Payload that its signature covers.
        write: Receiver of the decoded bytes, about 1 MiB at a time, called in a worker thread.
        limit: Most bytes.

    Raises:
        ObsError: EntityTooLarge, MissingContentLength, IncompleteBody, BadDigest, XAmzContentSHA256Mismatch,
            SignatureDoesNotMatch, RequestTimeout; the written bytes are worth nothing then.
        ClientDisconnect: The client has disconnected.
    """
    body = _Body(request, payload, write, limit)
    block = bytearray()
    pieces = request.stream()
    while (piece := await _next_piece(pieces)) is not None:
        block += piece
        if len(block) >= CHUNK_BYTES:
            await asyncio.to_thread(body.feed, bytes(block))
            block.clear()
    await asyncio.to_thread(body.feed, bytes(block))
    body.finish()


async def read_body(request: ObsRequest, payload: Payload) -> bytes:
    """
    Return a whole body of at most 4 MiB: an XML document.

    Raises:
        ObsError: MaxMessageLengthExceeded, and the codes of `receive_body`.
    """
    document = bytearray()
    try:
        await receive_body(request, payload, document.extend, MAX_DOCUMENT_BYTES)
    except ObsError as error:
        raise ObsError("MaxMessageLengthExceeded") if error.code == "EntityTooLarge" else error from None
    return bytes(document)


async def _next_piece(pieces: AsyncGenerator[bytes, None]) -> bytes | None:
    try:
        async with asyncio.timeout(IDLE_SECONDS):
            return await anext(pieces)
    except StopAsyncIteration:
        return None
    except TimeoutError:
        raise ObsError("RequestTimeout") from None


class _Body:
    """Body that is being received."""

    def __init__(self, request: ObsRequest, payload: Payload, write: Write, limit: int) -> None:
        self._headers = request.headers
        self._write = write
        self._limit = limit
        self._size = 0
        self._declared = _declared_length(request, payload)
        if self._declared is not None and self._declared > limit:
            raise ObsError("EntityTooLarge")
        self._decoder = _ChunkDecoder(payload.signing) if payload.chunked else None
        self._sha256 = payload.sha256
        trailing = [name.strip() for name in self._headers.get("x-amz-trailer", "").lower().split(",")]
        self._digests: dict[str, _Digest] = {
            name: make() for name, make in _CHECKSUMS.items() if name in self._headers or name in trailing
        }
        if "content-md5" in self._headers:
            self._digests["content-md5"] = hashlib.md5(usedforsecurity=False)
        if self._sha256:
            self._digests["x-amz-content-sha256"] = hashlib.sha256()

    def feed(self, block: bytes) -> None:
        for data in self._decoder.feed(block) if self._decoder else [block]:
            self._size += len(data)
            if self._size > self._limit:
                raise ObsError("EntityTooLarge")
            for digest in self._digests.values():
                digest.update(data)
            self._write(data)

    def finish(self) -> None:
        if (self._decoder and not self._decoder.done) or self._declared not in (None, self._size):
            raise ObsError("IncompleteBody")
        trailers = self._decoder.trailers if self._decoder else {}
        for name, digest in self._digests.items():
            if name == "x-amz-content-sha256":
                if digest.digest().hex() != self._sha256:
                    raise ObsError("XAmzContentSHA256Mismatch")
            elif base64.b64encode(digest.digest()).decode() != (self._headers.get(name) or trailers.get(name)):
                raise ObsError("BadDigest")


def _declared_length(request: ObsRequest, payload: Payload) -> int | None:
    """Return the length of the decoded body if the client declared it, which it must unless the transfer is chunked."""
    name = "x-amz-decoded-content-length" if payload.chunked else "content-length"
    length = request.headers.get(name)
    if length is None:
        if not payload.chunked and "transfer-encoding" in request.headers:
            return None
        raise ObsError("MissingContentLength")
    if not (length.isascii() and length.isdigit() and len(length) < 20):
        raise ObsError("InvalidArgument", f"{name} must be a number of bytes.")
    return int(length)


class _ChunkDecoder:
    """Decoder of the aws-chunked form, which checks the signatures in it."""

    def __init__(self, signing: ChunkSigning | None) -> None:
        self.trailers: dict[str, str] = {}
        self.done = False
        self._signing = signing
        self._previous = signing.seed_signature if signing else ""
        self._buffer = bytearray()
        self._left = 0  # bytes of the chunk still to come
        self._claimed = ""  # the chunk's signature
        self._sha256 = hashlib.sha256()
        self._read_line = self._read_chunk_line

    def feed(self, block: bytes) -> Iterator[bytes]:
        self._buffer += block
        while self._buffer:
            if self._left:
                yield self._take_data()
            elif not self._take_line():
                return

    def _take_data(self) -> bytes:
        data = bytes(self._buffer[: self._left])
        del self._buffer[: len(data)]
        self._left -= len(data)
        if self._signing:
            self._sha256.update(data)
        return data

    def _take_line(self) -> bool:
        end = self._buffer.find(b"\r\n", 0, _LINE_BYTES)
        if end < 0:
            if len(self._buffer) >= _LINE_BYTES:
                raise _malformed()
            return False
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        self._read_line(line)
        return True

    def _read_chunk_line(self, line: bytes) -> None:
        match = _CHUNK_LINE.fullmatch(line)
        if match is None:
            raise _malformed()
        self._left = int(match[1], 16)
        self._claimed = (match[2] or b"").decode()
        self._sha256 = hashlib.sha256()
        if self._left:
            self._read_line = self._read_chunk_end
        else:
            self._check_signature("PAYLOAD", f"{_EMPTY_SHA256}\n{_EMPTY_SHA256}")
            self._read_line = self._read_trailer

    def _read_chunk_end(self, line: bytes) -> None:
        if line:
            raise _malformed()
        self._check_signature("PAYLOAD", f"{_EMPTY_SHA256}\n{self._sha256.hexdigest()}")
        self._read_line = self._read_chunk_line

    def _read_trailer(self, line: bytes) -> None:
        if line:
            name, _, value = line.decode("latin-1").partition(":")
            self.trailers[name.strip().lower()] = value.strip()
            if len(self.trailers) > 10:
                raise _malformed()
            return
        self._claimed = self.trailers.pop("x-amz-trailer-signature", "")
        if self.trailers:
            canonical = "".join(f"{name}:{value}\n" for name, value in sorted(self.trailers.items()))
            self._check_signature("TRAILER", hashlib.sha256(canonical.encode("latin-1")).hexdigest())
        self.done = True
        self._read_line = self._read_beyond

    def _read_beyond(self, line: bytes) -> None:
        raise _malformed()

    def _check_signature(self, kind: str, digests: str) -> None:
        if self._signing is None:
            return
        expected = chunk_signature(self._signing, self._previous, kind, digests)
        if not same(expected, self._claimed):
            raise ObsError("SignatureDoesNotMatch")
        self._previous = expected


def _malformed() -> ObsError:
    return ObsError("InvalidRequest", "The body is not in the aws-chunked form.")
