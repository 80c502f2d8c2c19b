"""Serial console of a server in the lab, followed until the installed system reports that it is up."""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from huaweicloud.printable import printable
from toolchain.steps import SetupError

INTERVAL_S = 0.5
TIMEOUT_S = 30
LONGEST_LAST_LINE = 200
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy for this machine


class NotReady(SetupError):
    """The text did not appear; the message contains the reason."""


class ServerConsole:
    """
    Serial console of a server.

    Args:
        environment: Settings of the lab.
        server_id: Id of the server.
    """

    def __init__(self, environment: Mapping[str, str], server_id: str) -> None:
        self._control = environment["HW_LAB_ENDPOINT"]
        self._headers = {"Authorization": f"Bearer {environment.get('HW_LAB_TOKEN', '')}"}
        self._server_id = server_id
        self._shown = ""

    def follow(self, marker: str, timeout_s: float) -> None:
        """
        Print the console until it shows a text.

        Args:
            marker: The text.
            timeout_s: Time limit in seconds.

        Raises:
            NotReady: The text did not appear in time, or can no longer appear.
            SetupError: The lab does not respond.
        """
        ends = time.monotonic() + timeout_s
        while True:
            state = self._state()
            self._print_new()
            if marker in self._shown:
                return
            if state.get("vm_state") == "stopped":
                raise NotReady(f"server {self._server_id} has shut down: {self._reason(marker)}")
            if time.monotonic() > ends:
                raise NotReady(f"timed out after {timeout_s:.0f} s: {self._reason(marker)}")
            time.sleep(INTERVAL_S)

    def is_simulated(self) -> bool:
        """Return True if no operating system runs in the lab's servers."""
        return bool(json.loads(self._get("/health")).get("driver") == "simulated")

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self._get(f"/servers/{quote(self._server_id, safe='')}"))
        return state

    def _print_new(self) -> None:
        text = self._get(f"/console/{quote(self._server_id, safe='')}")
        new = text[len(self._shown) :] if text.startswith(self._shown) else text
        print(printable(new), end="", flush=True)
        self._shown = text

    def _reason(self, marker: str) -> str:
        lines = [line for line in self._shown.splitlines() if line.strip()]
        last = f"its last line is {lines[-1][:LONGEST_LAST_LINE]!r}" if lines else "it has shown nothing"
        return (
            f"its serial console did not show {marker!r} ({last}). Set READY to a text that your image prints there"
            f" once it is up, or to nothing (READY=), and see `python -m lab console {self._server_id}`"
        )

    def _get(self, path: str) -> str:
        request = urllib.request.Request(self._control + path, headers=self._headers)  # noqa: S310 - the lab's own
        try:
            with _OPENER.open(request, timeout=TIMEOUT_S) as answer:
                return str(answer.read().decode(errors="replace"))
        except urllib.error.HTTPError as error:
            raise SetupError(
                f"the lab rejected the request for {path}: {error.read().decode(errors='replace')}"
            ) from error
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise SetupError(
                f"the lab at {self._control} does not respond ({reason}); start it with `make lab-start`"
            ) from error
