"""Client of one virtual machine over QEMU's control protocol (QMP)."""

import json
import os
import socket
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lab.drivers.interface import DriverError
from lab.machines.unix_sockets import short_path

SOCKET_NAME = "qmp"
MAX_ANSWER_BYTES = 1 << 20
ANSWER_TIMEOUT_S = 30.0


def listen(folder: Path) -> socket.socket:
    """
    Create the socket that a machine accepts commands on.

    The lab creates it, so that connecting to it never races with the machine's start.
    """
    (folder / SOCKET_NAME).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with short_path(folder / SOCKET_NAME) as path:
        listener.bind(path)
        os.chmod(path, 0o600)
    listener.listen(8)
    return listener


class Monitor:
    """Connection to a machine, which accepts one at a time; others wait."""

    def __init__(self, folder: Path, timeout_s: float = ANSWER_TIMEOUT_S) -> None:
        """
        Connect to the machine whose files are in ``folder``.

        Raises:
            DriverError: No machine responds there.
        """
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout_s)
        self._received = b""
        try:
            with short_path(folder / SOCKET_NAME) as path:
                self._socket.connect(path)
            self._read()
            self.execute("qmp_capabilities")
        except (OSError, DriverError) as error:
            self.close()
            raise DriverError(f"the virtual machine does not respond: {error}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def execute(self, command: str, **arguments: object) -> Any:
        """
        Run a command and return its result.

        Raises:
            DriverError: The machine refused the command or is gone.
        """
        message = {"execute": command, "arguments": arguments} if arguments else {"execute": command}
        try:
            self._socket.sendall(json.dumps(message).encode() + b"\n")
            response = self._read()
            while "event" in response:
                response = self._read()
        except (OSError, ValueError) as error:
            raise DriverError(f"the virtual machine did not respond to {command}: {error}") from None
        if "error" in response:
            raise DriverError(f"the virtual machine refused {command}: {response['error'].get('desc', '')}")
        return response.get("return")

    def _read(self) -> dict[str, Any]:
        while b"\n" not in self._received:
            chunk = self._socket.recv(65536)
            if not chunk or len(self._received) > MAX_ANSWER_BYTES:
                raise ConnectionError("the connection ended")
            self._received += chunk
        line, self._received = self._received.split(b"\n", 1)
        message = json.loads(line)
        if not isinstance(message, dict):
            raise ValueError("a response that is not an object")
        return message
