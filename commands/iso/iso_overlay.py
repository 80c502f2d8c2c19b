"""
Object store for previews: that of the lab, in which one object is replaced by a file of this machine.

Every request is forwarded to the lab, which checks its signature. The file then replaces the response for the object.
"""

import http.client
import os
import re
import threading
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

TIMEOUT_S = 60
CHUNK_BYTES = 1 << 20
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
# Statuses of responses to requests with a valid signature, whether or not the object exists.
AUTHENTIC = (200, 206, 404, 416)
PER_CONNECTION = {"connection", "keep-alive", "transfer-encoding"}


@dataclass(frozen=True)
class ShownFile:
    """
    A file that is shown as an object.

    Attributes:
        path: Path of the file.
        object_path: Path of the object in a URL, with the bucket.
        md5: MD5 digest of the file in hexadecimal digits.
    """

    path: Path
    object_path: str
    md5: str


def start(upstream: str, shown: ShownFile) -> str:
    """
    Serve until this process ends, and return the base URL.

    Args:
        upstream: Base URL of the lab's object store.
        shown: File and object.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(urlsplit(upstream).netloc, shown))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


def _handler(upstream: str, shown: ShownFile) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        pass

    Handler.upstream, Handler.shown = upstream, shown
    return Handler


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    upstream: str
    shown: ShownFile

    def do_GET(self) -> None:
        self._exchange()

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""

    def _exchange(self) -> None:
        self.close_connection = True
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in PER_CONNECTION}
        connection = http.client.HTTPConnection(self.upstream, timeout=TIMEOUT_S)
        try:
            # OBS signs no Host header of requests by path, and the lab serves its own names only.
            connection.request(self.command, self.path, body or None, {**headers, "Host": self.upstream})
            answer = connection.getresponse()
            if self._is_shown() and answer.status in AUTHENTIC:
                self._answer_from_file()
            else:
                self._pass_on(answer)
        except (OSError, http.client.HTTPException) as error:
            with suppress(OSError):
                self.send_error(502, explain=f"the lab's object store: {error}")
        finally:
            connection.close()

    def _is_shown(self) -> bool:
        path, _, query = self.path.partition("?")
        return unquote(path) == self.shown.object_path and not query and self.command in ("GET", "HEAD")

    def _pass_on(self, answer: http.client.HTTPResponse) -> None:
        content = answer.read()
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in (*PER_CONNECTION, "content-length"):
                self.send_header(name, value)
        length = answer.headers.get("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def _answer_from_file(self) -> None:
        with self.shown.path.open("rb") as file:
            status = os.fstat(file.fileno())
            first, last = _range(self.headers.get("Range"), status.st_size)
            is_part = bool(self.headers.get("Range"))
            if first > last:
                self.send_response_only(416)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response_only(206 if is_part else 200)
            self.send_header("ETag", f'"{self.shown.md5}"')
            self.send_header("Last-Modified", formatdate(status.st_mtime, usegmt=True))
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(last - first + 1))
            if is_part:
                self.send_header("Content-Range", f"bytes {first}-{last}/{status.st_size}")
            self.send_header("Connection", "close")
            self.end_headers()
            position, left = first, last - first + 1 if self.command == "GET" else 0
            while left > 0 and (chunk := os.pread(file.fileno(), min(CHUNK_BYTES, left), position)):
                self.wfile.write(chunk)
                position, left = position + len(chunk), left - len(chunk)


def _range(header: str | None, size_bytes: int) -> tuple[int, int]:
    """Return the first and the last byte of a Range header; those of the whole file without one."""
    found = _RANGE.fullmatch(header or "")
    if not found or not any(found.groups()):
        return 0, size_bytes - 1
    first, last = found.groups()
    if not first:
        return max(size_bytes - int(last), 0), size_bytes - 1
    return int(first), min(int(last), size_bytes - 1) if last else size_bytes - 1
