"""Small HTTP server whose responses a test scripts, over real sockets."""

import itertools
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Received:
    """Request as it arrived, on the connection of this number."""

    connection: int
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """
    Scripted response.

    Args:
        fault: Fault of the response. reset: the connection is closed instead. truncate: fewer bytes than announced are
            sent. hold: the response is sent only after the server is released.
    """

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    fault: Literal["", "reset", "truncate", "hold"] = ""

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Respond = Callable[[Received], Reply]


class ScriptedServer:
    """Server that sends the scripted replies in turn, or those of a function; the last reply repeats."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.arrived = threading.Semaphore(0)
        self.go_on = threading.Event()
        self.connections = itertools.count(1)
        self._replies: list[Reply] = []
        self._respond: Respond | None = None
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def reply(self, *replies: Reply) -> None:
        self._replies = list(replies)

    def respond(self, respond: Respond) -> None:
        self._respond = respond

    def next_reply(self, received: Received) -> Reply:
        with self._lock:
            self.received.append(received)
            if self._respond is None:
                reply = self._replies[0] if len(self._replies) == 1 else self._replies.pop(0)
        self.arrived.release()
        return self._respond(received) if self._respond is not None else reply

    @contextmanager
    def running(self) -> Iterator["ScriptedServer"]:
        self._thread.start()
        try:
            yield self
        finally:
            self.go_on.set()
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()


def _handler(script: ScriptedServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            self.number = next(script.connections)

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = script.next_reply(Received(self.number, self.command, self.path, headers, body))
            if reply.fault == "reset":
                # A linger of zero makes closing send a reset.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
                return
            if reply.fault == "hold":
                script.go_on.wait(30)
            self._send(reply)

        def _send(self, reply: Reply) -> None:
            content = reply.content
            self.send_response_only(reply.status)
            for name, value in {"Content-Type": "application/json", "X-Request-Id": "req-1", **reply.headers}.items():
                self.send_header(name, value)
            if "Content-Length" not in reply.headers:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command == "HEAD":
                return
            self.wfile.write(content[: len(content) // 2] if reply.fault == "truncate" else content)
            self.close_connection = self.close_connection or reply.fault == "truncate"

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
