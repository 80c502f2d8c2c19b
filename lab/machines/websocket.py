"""Server side of WebSocket connections (RFC 6455), as far as noVNC uses them: binary messages, no extensions."""

import asyncio
import base64
import binascii
import hashlib
import struct
from collections.abc import Mapping

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
KEY_BYTES = 16
MAX_FRAME_BYTES = 1 << 20
CONTINUATION, BINARY, CLOSE, PING, PONG = 0, 2, 8, 9, 10
NORMAL, PROTOCOL_ERROR, TOO_BIG = 1000, 1002, 1009


class BrokenConnection(Exception):
    """
    Violation of the protocol by the other side.

    Attributes:
        status: Status code to close the connection with.
    """

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


def acceptance(headers: Mapping[str, str]) -> str | None:
    """
    Return the response to a handshake, None if the headers are not those of one.

    Args:
        headers: Headers of the request by their names in small letters.
    """
    key = headers.get("sec-websocket-key", "")
    try:
        is_key = len(base64.b64decode(key, validate=True)) == KEY_BYTES
    except (binascii.Error, ValueError):
        is_key = False
    if not is_key or headers.get("sec-websocket-version") != "13":
        return None
    digest = hashlib.sha1(f"{key}{GUID}".encode()).digest()  # noqa: S324 - prescribed, and protects nothing
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    lines.append(f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}")
    if "binary" in [name.strip() for name in headers.get("sec-websocket-protocol", "").split(",")]:
        lines.append("Sec-WebSocket-Protocol: binary")
    return "\r\n".join([*lines, "", ""])


class WebSocket:
    """
    Accepted connection.

    Args:
        reader: Stream of the client's data after its handshake.
        writer: Stream to the client.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def receive(self) -> bytes:
        """
        Return the content of the next data frame; empty: the client closes the connection.

        Raises:
            BrokenConnection: The client broke the protocol.
            IncompleteReadError: The connection ended.
        """
        while True:
            kind, content = await self._frame()
            if kind == CLOSE:
                return b""
            if kind == PING:
                await self._send(PONG, content)
            elif kind in (BINARY, CONTINUATION) and content:
                return content
            elif kind not in (BINARY, CONTINUATION, PONG):
                raise BrokenConnection(PROTOCOL_ERROR)

    async def send(self, content: bytes) -> None:
        """Send a binary message, and wait while the client is slow."""
        await self._send(BINARY, content)

    async def close(self, status: int = NORMAL) -> None:
        """Close the connection."""
        await self._send(CLOSE, struct.pack("!H", status))
        self._writer.close()

    async def _frame(self) -> tuple[int, bytes]:
        first, second = await self._reader.readexactly(2)
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", await self._reader.readexactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", await self._reader.readexactly(8))
        if first & 0x70 or not second & 0x80:  # extensions were not agreed on, and clients mask their frames
            raise BrokenConnection(PROTOCOL_ERROR)
        if length > MAX_FRAME_BYTES:
            raise BrokenConnection(TOO_BIG)
        mask = await self._reader.readexactly(4)
        return first & 0x0F, _unmasked(await self._reader.readexactly(length), mask)

    async def _send(self, kind: int, content: bytes) -> None:
        length = len(content)
        if length < 126:
            header = bytes([0x80 | kind, length])
        elif length < 1 << 16:
            header = struct.pack("!BBH", 0x80 | kind, 126, length)
        else:
            header = struct.pack("!BBQ", 0x80 | kind, 127, length)
        self._writer.write(header + content)
        await self._writer.drain()


def _unmasked(content: bytes, mask: bytes) -> bytes:
    repeated = (mask * (len(content) // 4 + 1))[: len(content)]
    number = int.from_bytes(content, "big") ^ int.from_bytes(repeated, "big")
    return number.to_bytes(len(content), "big")
