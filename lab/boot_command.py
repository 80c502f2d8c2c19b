"""The command ``lab boot``, which starts a server from an image, shows its console, and deletes it."""

import sys
import time

from lab.control_client import Control, NotFound, segment
from lab.daemon import LabError
from lab.machines.console_following import Console

INTERVAL_S = 0.5
SHOWN_LINES = 15


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
    made = control.call("POST", f"/boot/{segment(image)}")
    server_id = made["server_id"]
    print(f"server {server_id} boots image {made['image_name']} ({made['image_id']}); Ctrl-C ends it", file=sys.stderr)
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
        look = console.look()
        sys.stdout.write(look.text)
        sys.stdout.flush()
        if until is not None and until in console.end:
            return 0
        if look.state == "deleted":
            raise LabError(_reason(control, server_id))
        if look.state in ("stopped", "error"):
            ended = "the guest powered itself off" if look.state == "stopped" else "the server went into ERROR"
        elif time.monotonic() >= deadline:
            ended = f"the {timeout_s:g} s are over, and the guest is still running"
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
        hint = "the serial console is empty: does the system write to it (on Linux console=ttyS0)?"
    else:
        hint = "\n".join([f"its last {'line' if len(lines) == 1 else 'lines'}:", *(f"  | {line}" for line in lines)])
    return f"the console did not show {until!r}: {ended}; {hint}"
