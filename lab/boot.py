"""``lab boot``: start a server from an image, show its console, and remove it again."""

import sys
import time
from typing import Any
from urllib.parse import quote

from lab.client import Control

INTERVAL_S = 0.5


def boot(control: Control, image_id: str, until: str | None, timeout_s: float) -> int:
    """Boot an image until its console shows a text, its guest powers off, the user interrupts, or time is up.

    Args:
        control: control interface of the lab.
        until: text to wait for; None: wait for the guest to power itself off.
        timeout_s: real seconds.

    Returns:
        0 when the text was seen or none was asked for, 1 when it was not.

    Raises:
        LabError: there is no such image, or the server could not be made.
    """
    server_id = control.call("POST", f"/boot/{quote(image_id, safe='')}")["server_id"]
    print(f"server {server_id} boots; Ctrl-C ends it", file=sys.stderr)
    try:
        return _follow(control, server_id, until, timeout_s)
    except KeyboardInterrupt:
        print()
        return 0 if until is None else 1
    finally:
        control.call("DELETE", f"/boot/{server_id}")


def _follow(control: Control, server_id: str, until: str | None, timeout_s: float) -> int:
    shown, deadline = "", time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        server: dict[str, Any] = control.call("GET", f"/servers/{server_id}")
        text = control.text(f"/console/{server_id}")
        sys.stdout.write(text[len(shown) :])
        sys.stdout.flush()
        shown = text
        if until is not None and until in text:
            return 0
        if server["vm_state"] == "stopped":
            break
        time.sleep(INTERVAL_S)
    return 0 if until is None else 1
