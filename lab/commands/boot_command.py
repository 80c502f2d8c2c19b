"""The command ``lab boot``, which starts a server from an image, shows its console, and deletes it."""

import argparse
import sys
import time

from lab.commands.console_following import Console
from lab.commands.running_lab import control_of
from lab.control_client import Control, NotFound, segment
from lab.daemon import LabError

INTERVAL_S = 0.5
SHOWN_LINES = 15


def run(options: argparse.Namespace) -> int:
    """Boot the image that the command line names."""
    return boot(control_of(options.state), options.image, options.until, options.timeout)


def boot(control: Control, image: str, until: str | None, timeout_s: float) -> int:
    """
    Boot an image until its console shows a text, its guest powers off, the user interrupts, or time is up.

    Args:
        control: Control interface of the lab.
        image: Id or name of the image, or a unique beginning of either.
        until: Text to wait for. None: wait until the guest powers itself off.
        timeout_s: Longest wait, real seconds.

    Returns:
        0: the text was shown, or none was given.

    Raises:
        LabError: There is no such image, the server could not be created, or the text was not shown.
    """
    booted = control.call("POST", f"/boot/{segment(image)}")
    server_id, image_name = booted["server_id"], f"{booted['image_name']} ({booted['image_id']})"
    print(f"server {server_id} boots image {image_name}; press Ctrl-C to end it", file=sys.stderr)
    try:
        return _follow(control, server_id, until, timeout_s)
    except KeyboardInterrupt:
        print()
        if until is not None:
            raise
        return 0
    finally:
        control.call("DELETE", f"/boot/{server_id}")


def _follow(control: Control, server_id: str, until: str | None, timeout_s: float) -> int:
    console, deadline = Console(control, server_id), time.monotonic() + timeout_s
    ended = ""
    while not ended:
        update = console.poll()
        sys.stdout.write(update.text)
        sys.stdout.flush()
        if until is not None and until in console.end:
            return 0
        if update.state == "deleted":
            raise LabError(_reason(control, server_id))
        if update.state in ("stopped", "error"):
            ended = "the guest powered itself off" if update.state == "stopped" else "the server is in state ERROR"
        elif time.monotonic() >= deadline:
            ended = f"timed out after {timeout_s:g} s, and the guest is still running"
        else:
            time.sleep(INTERVAL_S)
    if until is not None:
        raise LabError(_not_seen(until, ended, console))
    print(ended, file=sys.stderr)
    return 0


def _reason(control: Control, server_id: str) -> str:
    """Return the reason why a server is gone, with the lab's own message if it could not be created."""
    try:
        control.call("GET", f"/servers/{server_id}")
    except NotFound as error:
        return str(error).partition(";")[0]
    return f"server {server_id} was deleted by somebody else"


def _not_seen(until: str, ended: str, console: Console) -> str:
    lines = console.last_lines(SHOWN_LINES)
    if not lines:
        hint = "the serial console is empty; make the system write to it (on Linux console=ttyS0)"
    else:
        hint = "\n".join([f"its last {'line' if len(lines) == 1 else 'lines'}:", *(f"  | {line}" for line in lines)])
    return f"the console did not show {until!r}: {ended}; {hint}"
