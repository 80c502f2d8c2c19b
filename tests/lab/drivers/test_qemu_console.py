"""The remote console: a screen for the lab's owner alone, and a log of limited size."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.drivers.qemu import QemuDriver
from lab.drivers.qemu.serial_console import MAX_BYTES, bound_console, read_console
from lab.machines.unix_sockets import short_path
from tests.lab.drivers.test_qemu_machines import MACHINE


def read_exactly(connection: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        chunk = connection.recv(count - len(received))
        assert chunk, "the connection ended"
        received += chunk
    return received


@pytest.mark.qemu
def test_the_screen_of_a_running_machine_is_served_on_a_socket_that_others_cannot_open(driver: QemuDriver) -> None:
    driver.create_volume("system", 1, None)
    driver.create_volume("data", 1, None)
    assert driver.screen("server") is None
    driver.power_on(MACHINE)

    path = driver.screen("server")

    assert path is not None
    assert path.parent.stat().st_mode & 0o077 == 0
    with socket.socket(socket.AF_UNIX) as connection, short_path(path) as name:
        connection.settimeout(10)
        connection.connect(name)
        version = read_exactly(connection, 12)
        connection.sendall(version)
        security_types = read_exactly(connection, 2)
    assert version.startswith(b"RFB 003.")
    assert security_types == b"\x01\x01"  # one type: none
    driver.power_off("server", hard=True)
    assert driver.screen("server") is None


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
