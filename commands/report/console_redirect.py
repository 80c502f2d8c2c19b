"""
Links to the screens of servers, for as long as a live report is written.

The address of a screen allows one login within ten minutes, so a report never contains it. Its links lead to this
process, which requests a new address when one is followed. They are of no use once the process has ended.
"""

import secrets
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from huaweicloud.printable import printable_line

HOST = "127.0.0.1"


class ConsoleRedirect:
    """
    Server on this machine that redirects to the screens of servers, while a `with` block runs.

    Args:
        url_of: Function that returns a new address of a server's screen, or the reason for its absence.
    """

    def __init__(self, url_of: Callable[[str], str]) -> None:
        self._token, self._url_of = secrets.token_urlsafe(24), url_of
        self._known: set[str] = set()
        self._server = ThreadingHTTPServer((HOST, 0), _handler(self))

    def __enter__(self) -> "ConsoleRedirect":
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def origin(self) -> str:
        """Return the host and port that requests must name."""
        return f"{HOST}:{self._server.server_address[1]}"

    def link(self, server_id: str) -> str:
        """Return the link to a server's screen."""
        self._known.add(server_id)
        return f"http://{self.origin}/{self._token}/{server_id}"

    def target(self, path: str) -> str | None:
        """Return the address that a path leads to, or the reason for its absence; None for an unknown path."""
        _, _, rest = path.partition("/")
        token, _, server_id = rest.partition("/")
        if not secrets.compare_digest(token.encode(), self._token.encode()) or server_id not in self._known:
            return None
        return self._url_of(server_id)


def _handler(redirect: ConsoleRedirect) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Handler of the links."""

        def do_GET(self) -> None:
            """Redirect to the screen; a page with another host name may not ask."""
            is_ours = self.headers.get("Host") == redirect.origin
            target = redirect.target(self.path) if is_ours else None
            if target is None:
                self._answer(HTTPStatus.NOT_FOUND, "there is no such console\n")
            elif target.startswith(("https://", "http://")) and target.isprintable() and " " not in target:
                self._answer(HTTPStatus.FOUND, "", target)
            else:
                self._answer(HTTPStatus.BAD_GATEWAY, f"{printable_line(target)}\n")

        def _answer(self, status: HTTPStatus, text: str, location: str = "") -> None:
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            for name, value in (("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer")):
                self.send_header(name, value)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Print nothing, because the path is a secret."""

    return Handler
