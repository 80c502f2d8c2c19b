"""The remote console: a page of noVNC that needs its own password, and a log that stays small."""

import base64
import os
import re
import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from lab.drivers.qemu import QemuDriver
from lab.drivers.qemu.console import MAX_BYTES, bound_console, read_console
from tests.lab.drivers.test_qemu_machines import MACHINE


def read_exactly(connection: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        chunk = connection.recv(count - len(received))
        assert chunk, "the connection ended"
        received += chunk
    return received


def open_websocket(port: int, path: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [f"GET /{path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: binary"]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += read_exactly(connection, 1)
    assert b" 101 " in answer
    return connection


def read_frame(connection: socket.socket) -> bytes:
    length = read_exactly(connection, 2)[1] & 0x7F
    return read_exactly(connection, length)


def send_frame(connection: socket.socket, content: bytes) -> None:
    connection.sendall(bytes([0x82, 0x80 | len(content)]) + bytes(4) + content)


@pytest.mark.qemu
def test_the_remote_console_is_a_page_of_novnc_with_a_fresh_password(driver: QemuDriver) -> None:
    driver.create_volume("system", 1, None)
    driver.create_volume("data", 1, None)
    assert driver.vnc_url("server") is None
    driver.power_on(MACHINE)

    first, second = driver.vnc_url("server"), driver.vnc_url("server")

    assert first is not None
    assert second is not None
    page = urlsplit(first)
    assert page.path == "/novnc/vnc_lite.html"
    assert re.fullmatch(r"&password=[0-9a-f]{8}", page.fragment)
    assert page.fragment != urlsplit(second).fragment


@pytest.mark.qemu
def test_the_screen_is_served_over_a_websocket_and_asks_for_the_password(driver: QemuDriver) -> None:
    driver.create_volume("system", 1, None)
    driver.create_volume("data", 1, None)
    driver.power_on(MACHINE)
    url = driver.vnc_url("server")
    assert url is not None

    query = parse_qs(urlsplit(url).query, keep_blank_values=True)

    with open_websocket(int(query["port"][0]), query["path"][0]) as connection:
        version = read_frame(connection)
        send_frame(connection, version)
        security_types = read_frame(connection)

    assert version.startswith(b"RFB 003.")
    assert security_types == b"\x01\x02"  # one type: VNC authentication


@pytest.fixture
def log(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(content: bytes) -> Path:
        (tmp_path / "console.log").write_bytes(content)
        return tmp_path / "console.log"

    return write


def test_a_console_shows_its_last_lines(log: Callable[[bytes], Path]) -> None:
    path = log(b"one\r\ntwo\r\nthree \xff\r\n")

    assert read_console(path, None) == "one\ntwo\nthree \ufffd\n"
    assert read_console(path, 1) == "three \ufffd\n"
    assert read_console(path, 0) == ""


def test_a_console_that_never_was_is_empty(tmp_path: Path) -> None:
    assert read_console(tmp_path / "none", 5) == ""


def test_a_talkative_guests_console_keeps_its_end_only(log: Callable[[bytes], Path]) -> None:
    path = log(b"x" * MAX_BYTES + b"\nthe end\n")

    bound_console(path)

    assert path.stat().st_size < MAX_BYTES / 10
    assert read_console(path, 1) == "the end\n"
