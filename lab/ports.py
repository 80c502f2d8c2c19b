"""The lab's ports, one per service."""

import random
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lab.access import AllowedHosts, host_refusal
from lab.start_options import DEFAULT_PORT, Options

HOST = "127.0.0.1"
SERVICES = ("control", "iam", "ims", "ecs", "evs", "vpc", "obs")
FREE_PORTS = range(20_000, 30_000)
"""First port, below those of outgoing connections, one of which could be taken while the lab restarts."""


class Ports:
    """
    ASGI application that passes requests on by their port, and dates responses by that service's clock.

    Args:
        allowed: Host names that requests may be sent to.
    """

    def __init__(self, allowed: AllowedHosts) -> None:
        self.allowed, self.bucket_port = allowed, 0
        self.apps: dict[int, ASGIApp] = {}
        self.clocks: dict[int, Callable[[], datetime]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        port = scope["server"][1]

        async def send_dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                now = self.clocks.get(port, real_time)()
                message["headers"] = [*message["headers"], (b"Date", format_datetime(now, usegmt=True).encode())]
            await send(message)

        refusal = (
            host_refusal(scope, self.allowed, buckets=port == self.bucket_port) if scope["type"] == "http" else None
        )
        await (refusal or self.apps[port])(scope, receive, send_dated)


def real_time() -> datetime:
    """Return the real time (UTC)."""
    return datetime.now(UTC)


def listen(options: Options, last: dict[str, Any]) -> dict[str, socket.socket]:
    """
    Open the lab's ports on the loopback interface.

    Raises:
        OSError: A port is in use.
    """
    numbers = _port_numbers(options.port, last)
    sockets: dict[str, socket.socket] = {}
    for name in SERVICES:
        # With the protocol unnamed, asyncio leaves Nagle's algorithm on, and every second response waits for 40 ms.
        opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _bind(opened, numbers[name], name)
        opened.listen(512)
        sockets[name] = opened
    return sockets


def _bind(opened: socket.socket, port: int, name: str) -> None:
    candidates = [port] if port else random.sample(FREE_PORTS, 200)
    for candidate in candidates:
        try:
            opened.bind((HOST, candidate))
            return
        except OSError as error:
            refused = error
    raise OSError(f"port {candidates[-1]} ({name}) cannot be opened: {refused.strerror}") from refused


def _port_numbers(port: int | None, last: dict[str, Any]) -> dict[str, int]:
    if last and port in (None, last.get("requested_port")):
        return {name: int(last["ports"][name]) for name in SERVICES}
    base = DEFAULT_PORT if port is None else port
    return {name: base + offset if base else 0 for offset, name in enumerate(SERVICES)}
