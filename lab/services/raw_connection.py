"""Access to the connection below a request: a reset needs it."""

import asyncio
import socket
import struct
from typing import Any

import h11
from starlette.types import Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

_open: dict[tuple[str, int, int], asyncio.Transport] = {}


class TrackedProtocol(H11Protocol):
    """uvicorn's protocol, which also records the transport of every open connection."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._connection_key = _key(transport.get_extra_info("peername"), transport.get_extra_info("sockname"))
        _open[self._connection_key] = transport

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        _open.pop(self._connection_key, None)  # another protocol takes over the connection
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        _open.pop(self._connection_key, None)
        super().connection_lost(exc)


def reset(scope: Scope) -> None:
    """Reset the connection of a request: the peer sees no response, but a connection reset."""
    transport = _open.get(_key(scope.get("client"), scope.get("server")))
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def hang_up(scope: Scope) -> None:
    """Close the connection of a request after the data sent so far: the peer sees a response that ends early."""
    transport = _open.get(_key(scope.get("client"), scope.get("server")))
    if transport is not None:
        transport.close()


def _key(client: Any, server: Any) -> tuple[str, int, int]:
    return (client[0], client[1], server[1]) if client and server else ("", 0, 0)
