"""Commands for a server of the lab: its console, and its power."""

import sys
import time
from typing import Any, Literal

from lab.control_client import Control, segment
from lab.daemon import LabError
from lab.machines.console_following import Console
from lab.machines.terminal_text import printable

INTERVAL_S = 0.5
POWER_TIMEOUT_S = 300.0
Action = Literal["start", "stop", "reboot"]
GOAL: dict[Action, str] = {"start": "active", "stop": "stopped", "reboot": "active"}
DONE: dict[Action, str] = {"start": "on", "stop": "off", "reboot": "restarted"}


def show_console(control: Control, server: str) -> None:
    """
    Print a server's serial console, and on standard error its machine's shortage of memory.

    Args:
        server: Id or name of the server, or a unique beginning of either.

    Raises:
        LabError: There is no such server.
    """
    found = _found(control, server)
    _warn(found)
    sys.stdout.write(printable(control.text(f"/console/{found['id']}")))


def follow_console(control: Control, server: str) -> None:
    """
    Print a server's serial console as it grows, until the server is gone.

    Args:
        server: Id or name of the server, or a unique beginning of either.

    Raises:
        LabError: There is no such server.
    """
    found = _found(control, server)
    _warn(found)
    console, before = Console(control, found["id"]), found["vm_state"]
    while True:
        look = console.look()
        sys.stdout.write(look.text)
        sys.stdout.flush()
        if look.state == "deleted":
            print(f"server {_name(found)} is gone", file=sys.stderr)
            return
        if look.state != before and look.state in ("active", "stopped"):
            print(f"server {_name(found)} is {'on' if look.state == 'active' else 'off'}", file=sys.stderr)
        before = look.state
        time.sleep(INTERVAL_S)


def change_power(control: Control, server: str, action: Action, hard: bool) -> None:
    """
    Start, stop or reboot a server, and wait until that is done.

    Args:
        server: Id or name of the server, or a unique beginning of either.
        hard: True to act without the guest. Else a guest that does not react within a minute of lab time is switched
            off.

    Raises:
        LabError: There is no such server, its state does not allow this, or it is not done within five minutes.
    """
    found = _found(control, server)
    idle = found["task_state"] is None and found["powered_on"] == (action == "start")
    if action != "reboot" and idle and found["vm_state"] == GOAL[action]:
        print(f"server {_name(found)} is {DONE[action]} already")
        return
    found = control.call("POST", f"/servers/{found['id']}/power", {"action": action, "hard": hard})
    deadline = time.monotonic() + POWER_TIMEOUT_S
    while found["task_state"] is not None or found["vm_state"] != GOAL[action]:
        if found["vm_state"] in ("error", "deleted") or time.monotonic() > deadline:
            raise LabError(
                f"server {_name(found)} is not {DONE[action]}: it is {found['vm_state']}; see the lab's lab.log"
            )
        time.sleep(INTERVAL_S)
        found = _found(control, found["id"])
    print(f"server {_name(found)} is {DONE[action]}")
    if action != "stop":
        _warn(found)


def _found(control: Control, server: str) -> dict[str, Any]:
    found: dict[str, Any] = control.call("GET", f"/servers/{segment(server)}")
    return found


def _warn(found: dict[str, Any]) -> None:
    if found["shortage"]:
        print(f"note: {found['shortage']}", file=sys.stderr)


def _name(found: dict[str, Any]) -> str:
    return f"{found['name']} ({found['id']})"
