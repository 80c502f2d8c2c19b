"""Incremental reading of a console: each poll returns the text since the last one."""

from dataclasses import dataclass

from lab.control_client import Control, NotFound
from lab.machines.terminal_text import PrintableParts

OVERLAP = 2048
KEPT = 1 << 16


@dataclass(frozen=True)
class ConsoleUpdate:
    """
    Result of polling a server.

    Attributes:
        text: New text on its console, fit for a terminal.
        state: Vm_state of the server; "deleted" when it is gone.
    """

    text: str
    state: str


class Console:
    """
    Serial console of a server.

    Args:
        control: Control interface of the lab.
        server_id: Id of the server.
    """

    def __init__(self, control: Control, server_id: str) -> None:
        self._control, self._server_id = control, server_id
        self._shown, self._parts = "", PrintableParts()
        self.end = ""
        """End of all text that was shown."""

    def poll(self) -> ConsoleUpdate:
        """
        Return the text that is new, and the server's state.

        Raises:
            LabError: The lab does not respond.
        """
        try:
            state = str(self._control.call("GET", f"/servers/{self._server_id}")["vm_state"])
            text = "" if state == "deleted" else self._parts.add(self._news())
        except NotFound:
            state, text = "deleted", ""
        self.end = (self.end + text)[-KEPT:]
        return ConsoleUpdate(text, state)

    def last_lines(self, count: int) -> list[str]:
        """Return the last lines that were shown, without empty ones."""
        return [line for line in self.end.splitlines() if line.strip()][-count:]

    def _news(self) -> str:
        # A character that is written at this moment may be incomplete.
        text = self._control.text(f"/console/{self._server_id}").rstrip("\ufffd")
        news = added(self._shown, text)
        self._shown = text or self._shown
        return news


def added(before: str, now: str) -> str:
    """
    Return the text that was added to a text whose beginning may have been dropped.

    If nothing of the earlier text is left, all of it is new.
    """
    if now.startswith(before):
        return now[len(before) :]
    end = before[-OVERLAP:]
    place = now.rfind(end)
    return now[place + len(end) :] if place >= 0 else now
