"""Diagnostics of a server that is deleted after a failure."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from huaweicloud.errors import ApiError
from providers.installation import diagnostic_files
from providers.installation.diagnostic_files import save
from providers.installation.diagnostics import last_lines, last_words

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 50
CONSOLE = "\x1b[=3hSeaBIOS (version 1)\r\n\x1b]0;owned\x07Booting\r\n 10 %\r 20 %\r\nError: no disk \x9b31mfound\n\n"


@dataclass
class Console:
    """Cloud whose servers have written a text, or that refuses to show it."""

    text: str | None = CONSOLE
    ecs: Any = None

    def __post_init__(self) -> None:
        self.ecs = self

    def get_console_output(self, _server_id: str, lines: int) -> str:
        if self.text is None:
            raise ApiError("not allowed", status=403)
        return "".join(self.text.splitlines(keepends=True)[-lines:])


@dataclass(frozen=True)
class Named:
    name: str = "debian-0123456789abcdef"
    id: str = "9f1c"
    volumes: list[Any] = field(default_factory=list)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(diagnostic_files.SETTING, str(tmp_path / "new" / "diagnostics"))
    monkeypatch.delenv("HW_LAB_ENDPOINT", raising=False)
    return tmp_path / "new" / "diagnostics"


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Return the requests to an embedded cloud that has a picture of every screen, each with its token."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.path} {self.headers.get('Authorization')}")
            self.send_response(200)
            self.end_headers()
            self.wfile.write(PNG)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setenv("HW_LAB_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("HW_LAB_TOKEN", "secret")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    yield asked
    server.shutdown()
    server.server_close()


def test_the_console_text_is_kept_without_control_characters(place: Path) -> None:
    saved = save(Console(), Named(), "too late\x1b[2J")  # type: ignore[arg-type]

    (file,) = saved.files
    head, _, text = file.read_text().partition("\n\n")
    assert place == file.parent
    assert head.startswith("server debian-0123456789abcdef (9f1c), ")
    assert head.endswith("too late")
    assert "SeaBIOS (version 1)\nBooting\n 20 %\nError: no disk found\n" == text
    assert str(file) in str(saved)


def test_a_screen_is_kept_although_nothing_was_written_to_the_console(screen: list[str]) -> None:
    saved = save(Console(text=None), Named(), "too late")  # type: ignore[arg-type]

    text, picture = saved.files
    assert PNG == picture.read_bytes()
    assert [0o600, 0o600] == [file.stat().st_mode & 0o777 for file in (text, picture)]
    assert ["/screenshot/9f1c Bearer secret"] == screen
    assert "secret" not in text.read_text()


def test_a_server_that_showed_nothing_leaves_no_file(place: Path) -> None:
    for text in ("", "\n\n", None):
        saved = save(Console(text), Named(), "too late")  # type: ignore[arg-type]
        assert "console is empty" in str(saved)
    assert not place.exists()


def test_a_folder_that_cannot_be_written_is_named_and_stops_nothing(place: Path) -> None:
    place.parent.parent.joinpath("new").write_text("a file in the way")

    saved = save(Console(), Named(), "too late")  # type: ignore[arg-type]

    assert () == saved.files
    assert "could not be saved" in str(saved)
    assert str(place.parent) in str(saved)


@pytest.mark.parametrize("name", ["../../etc/passwd", "\x1b[31mred", "光" * 200, ".hidden", ""])
def test_no_name_of_a_server_leads_out_of_the_folder(place: Path, name: str) -> None:
    (file,) = save(Console(), Named(name=name), "too late").files  # type: ignore[arg-type]

    assert place == file.parent
    assert not file.name.startswith(".")
    assert file.name.isascii()


def test_old_files_make_room(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnostic_files, "MAX_FILES", 3)
    files: list[Path] = []
    for number in range(5):
        files += save(Console(), Named(), "too late").files  # type: ignore[arg-type]
        os.utime(files[-1], (number, number))

    assert {*files[-3:]} == {*place.iterdir()}


def test_long_texts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    (file,) = save(Console("x" * 1000 + "\n" + "y\n" * 3_000_000), Named(), "too late").files  # type: ignore[arg-type]

    assert file.stat().st_size < 600_000


def test_the_last_words_are_what_a_terminal_would_show() -> None:
    words = last_words(Console(), "9f1c")  # type: ignore[arg-type]

    assert words.endswith("\n  | SeaBIOS (version 1)\n  | Booting\n  | 20 %\n  | Error: no disk found")
    assert "" == last_words(Console(text=None), "9f1c")  # type: ignore[arg-type]
    assert 15 == len(last_lines(Console("line\n\x1b[H\n" * 40), "9f1c"))  # type: ignore[arg-type]
