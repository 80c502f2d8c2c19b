"""Responses that the gateway buffers, so that faults can change them before they are sent."""

from dataclasses import dataclass, field
from pathlib import Path

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lab.files.disk_space import NotWritten, full_disk_sentence

MAX_DRAIN = 256 << 20


class BodyTooLarge(Exception):
    """Refusal of a request's body that is over the limit."""


@dataclass
class BufferedResponse:
    """Status, headers and body of a response; ``cut_short``: the body is shorter than its stated length."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    cut_short: bool = False

    def header(self, name: bytes) -> str:
        return next((value.decode("latin-1") for key, value in self.headers if key.lower() == name), "")

    def with_header(self, name: str, value: str) -> None:
        key = name.lower().encode()
        kept = [(k, v) for k, v in self.headers if k.lower() != key]
        self.headers = [*kept, (name.encode(), value.encode("latin-1", "replace"))]

    def replace_with(self, other: "BufferedResponse") -> None:
        """Replace the response by another one."""
        self.status, self.headers, self.body, self.cut_short = other.status, other.headers, other.body, False

    async def send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": self.cut_short})


def buffered(response: Response) -> BufferedResponse:
    """Return a response as a buffered one."""
    return BufferedResponse(response.status_code, list(response.raw_headers), bytes(response.body))


async def read_body(receive: Receive, limit: int) -> bytes:
    """
    Read a request's body.

    Raises:
        BodyTooLarge: It has more than ``limit`` bytes; the rest was read and dropped, so that the client can read the
            response.
    """
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(chunks)
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        if not message.get("more_body", False) or size > MAX_DRAIN:
            break
    if size > limit:
        raise BodyTooLarge
    return b"".join(chunks)


async def store_body(receive: Receive, path: Path, limit: int) -> None:
    """
    Write a request's body into a file.

    Raises:
        BodyTooLarge: It has ``limit`` bytes or more.
        NotWritten: The disk is full.
    """
    size = 0
    with path.open("wb") as file:
        while True:
            message = await receive()
            chunk = message.get("body", b"")
            size += len(chunk)
            if size >= limit:
                raise BodyTooLarge
            try:
                file.write(chunk)
            except OSError as error:
                raise NotWritten(full_disk_sentence(path.parent)) from error
            if message["type"] == "http.disconnect" or not message.get("more_body", False):
                return


async def run(app: ASGIApp, scope: Scope, body: bytes) -> BufferedResponse:
    """Return the response of an application to a request whose body was read already."""
    response, sent = BufferedResponse(), False

    async def receive() -> Message:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            response.status, response.headers = message["status"], list(message.get("headers", []))
        elif message["type"] == "http.response.body":
            response.body += message.get("body", b"")

    await app(scope, receive, send)
    return response
