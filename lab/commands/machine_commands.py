"""Commands for a server of the lab: console, screenshot, power-off, power-on, reboot."""

import argparse
import sys
import time
from typing import Any, Literal

from lab.commands.console_following import Console
from lab.commands.running_lab import control_of
from lab.control_client import Control, segment
from lab.daemon import LabError
from lab.machines.terminal_text import printable

INTERVAL_S = 0.5
POWER_TIMEOUT_S = 300.0
Action = Literal["start", "stop", "reboot"]
GOAL: dict[Action, str] = {"start": "active", "stop": "stopped", "reboot": "active"}
DONE: dict[Action, str] = {"start": "on", "stop": "off", "reboot": "restarted"}


def run_console(options: argparse.Namespace) -> int:
    """Print the console of the server that the command line names."""
    show = follow_console if options.follow else show_console
    show(control_of(options.state), options.server)
    return 0


def run_screenshot(options: argparse.Namespace) -> int:
    """Save a picture of the screen of the server that the command line names."""
    options.file.write_bytes(control_of(options.state).read("GET", f"/screenshot/{segment(options.server)}"))
    print(f"the screen was saved to {options.file}")
    return 0


def run_power(action: Action, options: argparse.Namespace) -> int:
    """Change the power of the server that the command line names."""
    change_power(control_of(options.state), options.server, action, getattr(options, "hard", False))
    return 0


def show_console(control: Control, server: str) -> None:
    """
    Print a server's serial console, and on standard error its machine's shortage of memory.

    Args:
        server: Id or name of the server, or a unique beginning of either.

    Raises:
        LabError: There is no such server.
    """
    machine = _read_machine(control, server)
    _warn(machine)
    sys.stdout.write(printable(control.text(f"/console/{machine['id']}")))


def follow_console(control: Control, server: str) -> None:
    """
    Print a server's serial console as it grows, until the server is gone.

    Args:
        server: Id or name of the server, or a unique beginning of either.

    Raises:
        LabError: There is no such server.
    """
    machine = _read_machine(control, server)
    _warn(machine)
    console, before = Console(control, machine["id"]), machine["vm_state"]
    while True:
        update = console.poll()
        sys.stdout.write(update.text)
        sys.stdout.flush()
        if update.state == "deleted":
            print(f"server {_name(machine)} was deleted", file=sys.stderr)
            return
        if update.state != before and update.state in ("active", "stopped"):
            print(f"server {_name(machine)} is {'on' if update.state == 'active' else 'off'}", file=sys.stderr)
        before = update.state
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
    machine = _read_machine(control, server)
    idle = machine["task_state"] is None and machine["powered_on"] == (action == "start")
    if action != "reboot" and idle and machine["vm_state"] == GOAL[action]:
        print(f"server {_name(machine)} is already {DONE[action]}")
        return
    machine = control.call("POST", f"/servers/{machine['id']}/power", {"action": action, "hard": hard})
    deadline = time.monotonic() + POWER_TIMEOUT_S
    while machine["task_state"] is not None or machine["vm_state"] != GOAL[action]:
        if machine["vm_state"] in ("error", "deleted") or time.monotonic() > deadline:
            raise LabError(
                f"server {_name(machine)} is not {DONE[action]} (state: {machine['vm_state']}); see the lab's lab.log"
            )
        time.sleep(INTERVAL_S)
        machine = _read_machine(control, machine["id"])
    print(f"server {_name(machine)} is {DONE[action]}")
    if action != "stop":
        _warn(machine)


def _read_machine(control: Control, server: str) -> dict[str, Any]:
    machine: dict[str, Any] = control.call("GET", f"/servers/{segment(server)}")
    return machine


def _warn(machine: dict[str, Any]) -> None:
    if machine["shortage"]:
        print(f"note: {machine['shortage']}", file=sys.stderr)


def _name(machine: dict[str, Any]) -> str:
    return f"{machine['name']} ({machine['id']})"
