"""
Screens of machines in browsers: noVNC's connections, each admitted by the token of a console link.

A machine's screen (VNC) listens on a socket in the machine's folder, which nobody but the lab's owner can open. Each
link to it has a token of its own, so a new link disturbs nobody, and a login outlasts its link.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from lab.access import AllowedHosts
from lab.machines.unix_sockets import short_path
from lab.machines.websocket import NORMAL, BrokenConnection, WebSocket, acceptance

PATH = re.compile(r"/screen/([0-9a-f-]{36})")
CHUNK_BYTES = 1 << 16
SHUT = {400: "Bad Request", 403: "Forbidden", 404: "Not Found"}

log = logging.getLogger(__name__)
FindScreen = Callable[[str], Awaitable[Path | None]]


def page(server_id: str, token: str) -> str:
    """
    Return path and query of the page that shows a screen.

    The token stands in the fragment, which browsers do not send to servers.
    """
    path = quote(f"screen/{server_id}?token={token}", safe="")
    return f"/novnc/vnc_lite.html?scale=true#&path={path}"


class Screens:
    """
    Access to the screens.

    Args:
        allowed: Host names that requests may be sent to.
        is_valid: Check of a server's token.
        find: Search for the socket of a server's screen.
    """

    def __init__(self, allowed: AllowedHosts, is_valid: Callable[[str, str], bool], find: FindScreen) -> None:
        self.port = 0
        self._allowed, self._is_valid, self._find = allowed, is_valid, find

    def protocol(self, **_server: Any) -> asyncio.Protocol:
        """Return a protocol for a connection that requests to become a WebSocket, as uvicorn's hook for libraries."""
        return asyncio.StreamReaderProtocol(asyncio.StreamReader(), self._connected)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # either side has disconnected
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        server_id, refusal = self._admitted(request.split(" ")[1], headers, writer.get_extra_info("sockname")[1])
        socket = None if refusal else await self._find(server_id)
        accepted = acceptance(headers)
        if refusal or socket is None or accepted is None:
            status = refusal or (404 if socket is None else 400)
            writer.write(f"HTTP/1.1 {status} {SHUT[status]}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
            return
        with short_path(socket) as path:
            screen_reader, screen_writer = await asyncio.open_unix_connection(path)
        writer.write(accepted.encode())
        try:
            await _join(WebSocket(reader, writer), screen_reader, screen_writer)
        finally:
            screen_writer.close()

    def _admitted(self, target: str, headers: dict[str, str], port: int) -> tuple[str, int]:
        """Return the server whose screen a request asks for, and the status of its refusal, 0 if it is admitted."""
        parts = urlsplit(target)
        asked = PATH.fullmatch(parts.path)
        host = headers.get("host", "")
        if port != self.port or asked is None:
            return "", 404
        if not self._allowed.allows(host, buckets=False):
            return "", 403
        own = (f"http://{host}".lower(), f"https://{host}".lower())
        tokens = parse_qs(parts.query).get("token", [])
        if headers.get("origin", own[0]).lower() not in own:
            return "", 403
        if len(tokens) != 1 or not self._is_valid(asked[1], tokens[0]):
            return "", 403
        return asked[1], 0


async def _join(client: WebSocket, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass data on in both directions until either side ends."""

    async def to_screen() -> None:
        while content := await client.receive():
            writer.write(content)
            await writer.drain()

    async def to_client() -> None:
        while content := await reader.read(CHUNK_BYTES):
            await client.send(content)

    ways = [asyncio.create_task(to_screen()), asyncio.create_task(to_client())]
    done, others = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    for way in others:
        way.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    errors = [way.exception() for way in done]
    broken = [error.status for error in errors if isinstance(error, BrokenConnection)]
    with suppress(OSError):
        await client.close(broken[0] if broken else NORMAL)
