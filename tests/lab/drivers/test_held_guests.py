"""Guests that QEMU pauses because the disk of the host was full, and that continue once it has space."""

import asyncio
import json
import os
import socket
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lab.drivers.qemu import machine_process
from lab.drivers.qemu.machine_process import Process
from lab.drivers.qemu.qmp import listen
from lab.world.servers import server_power
from lab.world.servers.server_power import ServerMonitor


class Emulator:
    """Control side of a machine with a status; ``commands`` are those that it received."""

    def __init__(self, folder: Path, status: str) -> None:
        self.status = status
        self.commands: list[str] = []
        self._listener = listen(folder)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection, connection.makefile("rwb") as stream:
            self._send(stream, {"QMP": {"version": {}}})
            for line in stream:
                command = json.loads(line)["execute"]
                self.commands.append(command)
                self._send(stream, {"return": {"status": self.status} if command == "query-status" else {}})

    def _send(self, stream: Any, message: dict[str, Any]) -> None:
        stream.write(json.dumps(message).encode() + b"\n")
        stream.flush()

    def close(self) -> None:
        self._listener.close()


@pytest.mark.parametrize(("status", "goes_on"), [("io-error", True), ("running", False), ("paused", False)])
def test_only_a_guest_that_a_failed_write_holds_continues(tmp_path: Path, status: str, goes_on: bool) -> None:
    emulator = Emulator(tmp_path, status)
    reading, writing = os.pipe()
    try:
        machine_process.resume_held(Process(tmp_path, reading))
        assert ("cont" in emulator.commands) is goes_on
    finally:
        os.close(writing)
        emulator.close()


def test_the_watch_lets_guests_go_on_once_there_is_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resumed: list[str] = []
    states = iter([False, True, True, False, False])
    monkeypatch.setattr(server_power, "is_low", lambda _: next(states))
    driver = SimpleNamespace(resume_held=lambda: resumed.append("once"))

    async def drive(work: Any, *args: Any) -> Any:
        return work(*args)

    monitor = ServerMonitor(SimpleNamespace(root=tmp_path, driver=driver, drive=drive))  # type: ignore[arg-type]
    for _ in range(5):
        asyncio.run(monitor._resume_after_full_disk())
    assert resumed == ["once"]


def test_the_socket_of_a_machine_is_its_owners(tmp_path: Path) -> None:
    with listen(tmp_path) as listener:
        assert isinstance(listener, socket.socket)
        assert (tmp_path / "qmp").stat().st_mode & 0o777 == 0o600
