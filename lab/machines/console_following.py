"""A console that is read again and again: what has come since the last time."""

from dataclasses import dataclass

from lab.control_client import Control, NotFound
from lab.machines.terminal_text import PrintableParts

OVERLAP = 2048
KEPT = 1 << 16


@dataclass(frozen=True)
class Look:
    """A look at a server.

    Attributes:
        text: what its console shows newly, fit for a terminal.
        state: vm_state of the server; "deleted" when it is gone.
    """

    text: str
    state: str


class Console:
    """The serial console of a server.

    Args:
        control: control interface of the lab.
        server_id: id of the server.
    """

    def __init__(self, control: Control, server_id: str) -> None:
        self._control, self._server_id = control, server_id
        self._shown, self._parts = "", PrintableParts()
        self.end = ""
        """The end of all that was shown."""

    def look(self) -> Look:
        """Return what is new.

        Raises:
            LabError: the lab does not answer.
        """
        try:
            state = str(self._control.call("GET", f"/servers/{self._server_id}")["vm_state"])
            text = "" if state == "deleted" else self._parts.add(self._news())
        except NotFound:
            state, text = "deleted", ""
        self.end = (self.end + text)[-KEPT:]
        return Look(text, state)

    def last_lines(self, count: int) -> list[str]:
        """Return the last lines that were shown, without empty ones."""
        return [line for line in self.end.splitlines() if line.strip()][-count:]

    def _news(self) -> str:
        # A character that is written right now may be there in part only.
        text = self._control.text(f"/console/{self._server_id}").rstrip("\ufffd")
        news = added(self._shown, text)
        self._shown = text or self._shown
        return news


def added(before: str, now: str) -> str:
    """Return what was added to a text of which the beginning may have been dropped.

    Where nothing of the text as it was is left, the whole of it is new.
    """
    if now.startswith(before):
        return now[len(before) :]
    end = before[-OVERLAP:]
    place = now.rfind(end)
    return now[place + len(end) :] if place >= 0 else now
