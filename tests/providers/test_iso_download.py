"""Download of an ISO file from a server that breaks off, lies about its content, or has no space."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from config.cache_folder import cache_folder
from huaweicloud.errors import CloudError
from preflight.media import iso_urls
from providers.iso_file import iso_download
from tests.providers.iso_uploads import sha256
from tests.tls import make_authority, tls_forwarder

CONTENT = bytes(range(256)) * 8192


class Files(BaseHTTPRequestHandler):
    """Server of one file, which closes the connection after `limit` bytes."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    limit = len(CONTENT)
    ranges: list[str | None] = []
    paths = ["/debian.iso"]

    def do_HEAD(self) -> None:
        self._send(b"")

    def do_GET(self) -> None:
        type(self).ranges.append(self.headers["Range"])
        first = int((self.headers["Range"] or "bytes=0-").removeprefix("bytes=").rstrip("-"))
        self._send(CONTENT[first:], 206 if first else 200)

    def log_message(self, *_: Any) -> None:
        pass

    def _send(self, body: bytes, status: int = 200) -> None:
        found = self.path in self.paths
        self.send_response(status if found else 404)
        self.send_header("Content-Length", str(len(body or CONTENT) if found else 0))
        self.end_headers()
        if found and self.command == "GET":
            self.wfile.write(body[: self.limit])
            self.close_connection = True


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(Files, "limit", len(CONTENT))
    monkeypatch.setattr(Files, "ranges", [])
    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/debian.iso"
        server.shutdown()
        thread.join()


def test_a_server_of_a_private_authority_is_trusted_by_the_setting(url: str, tmp_path: Path) -> None:
    authority, *own = make_authority(tmp_path, "IP:127.0.0.1")
    with tls_forwarder(own[0], own[1], {}, default=urlsplit(url).port or 0) as (port, _):
        secure = f"https://127.0.0.1:{port}/debian.iso"
        assert "cannot be downloaded" in iso_urls.size_of(secure)[1]
        with pytest.raises(CloudError, match="cannot be read: SSLError"):
            iso_download.download(secure, sha256(CONTENT))

        assert (len(CONTENT), "") == iso_urls.size_of(secure, str(authority))
        path = iso_download.download(secure, sha256(CONTENT), str(authority))

    assert CONTENT == Path(path).read_bytes()


def test_a_download_goes_through_the_proxy_of_the_machine(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = urlsplit(url)
    monkeypatch.setenv("http_proxy", f"http://{proxy.netloc}")
    monkeypatch.setenv("no_proxy", "")
    # the proxy gets the whole URL as the path
    monkeypatch.setattr(Files, "paths", ["http://isos.example.com/debian.iso"])

    path = iso_download.download("http://isos.example.com/debian.iso", sha256(CONTENT))

    assert CONTENT == Path(path).read_bytes()


def test_a_download_continues_where_it_broke_off(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Files, "limit", 1_200_000)
    monkeypatch.setattr(iso_download, "CHUNK_BYTES", 100_000)
    with pytest.raises(CloudError, match="The download broke off") as caught:
        iso_download.download(url, sha256(CONTENT))
    assert "continues the download" in caught.value.hint
    monkeypatch.setattr(Files, "limit", len(CONTENT))

    path = Path(iso_download.download(url, sha256(CONTENT)))

    assert CONTENT == path.read_bytes()
    assert Files.ranges[0] is None
    assert Files.ranges[1] not in (None, "bytes=0-")
    assert str(path) == iso_download.download(url, sha256(CONTENT))
    assert 2 == len(Files.ranges)


def test_another_digest_is_refused_and_nothing_kept(url: str) -> None:
    with pytest.raises(CloudError, match=f"has the SHA-256 digest {sha256(CONTENT)}, but iso_sha256 is aaaa"):
        iso_download.download(url, "a" * 64)

    assert [] == list((cache_folder() / "iso").iterdir())


def test_a_full_disk_is_found_before_the_download(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iso_download, "free_bytes", lambda _: 1_000)

    with pytest.raises(CloudError, match="has 1000 bytes free, but the download needs 2 MiB"):
        iso_download.download(url, sha256(CONTENT))

    assert [] == list((cache_folder() / "iso").iterdir())


def test_a_missing_file_is_found_by_its_head(url: str) -> None:
    assert (len(CONTENT), "") == iso_urls.size_of(url)
    assert (None, "cannot be downloaded: HTTP 404") == iso_urls.size_of(f"{url}.txt")
    with pytest.raises(CloudError, match="cannot be downloaded: HTTP 404"):
        iso_download.download(f"{url}.txt", sha256(CONTENT))


def test_a_server_that_cannot_be_reached_is_a_problem() -> None:
    assert (None, "cannot be downloaded: ConnectionError") == iso_urls.size_of("http://127.0.0.1:1/debian.iso")
