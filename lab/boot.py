"""``lab boot``: start a server from an image, show its console, and remove it again."""

import json
import sys
import time
import urllib.error
import urllib.request
from typing import Any

from lab.daemon import LabError

INTERVAL_S = 0.5


def boot(control: str, image_id: str, until: str | None, timeout_s: float) -> int:
    """Boot an image until its console shows a text, its guest powers off, the user interrupts, or time is up.

    Args:
        control: base URL of the control interface.
        until: text to wait for; None: wait for the guest to power itself off.
        timeout_s: real seconds.

    Returns:
        0 when the text was seen or none was asked for, 1 when it was not.

    Raises:
        LabError: there is no such image, or the server could not be made.
    """
    server_id = json.loads(_call("POST", f"{control}/boot/{image_id}"))["server_id"]
    print(f"server {server_id} boots; Ctrl-C ends it", file=sys.stderr)
    try:
        return _follow(control, server_id, until, timeout_s)
    except KeyboardInterrupt:
        print()
        return 0 if until is None else 1
    finally:
        _call("DELETE", f"{control}/boot/{server_id}")


def _follow(control: str, server_id: str, until: str | None, timeout_s: float) -> int:
    shown, deadline = "", time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        server: dict[str, Any] = json.loads(_call("GET", f"{control}/servers/{server_id}"))
        text = _call("GET", f"{control}/console/{server_id}")
        sys.stdout.write(text[len(shown) :])
        sys.stdout.flush()
        shown = text
        if until is not None and until in text:
            return 0
        if server["vm_state"] == "stopped":
            break
        time.sleep(INTERVAL_S)
    return 0 if until is None else 1


def _call(method: str, url: str) -> str:
    request = urllib.request.Request(url, method=method)  # noqa: S310 - the lab's own loopback address
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
            return str(answer.read().decode(errors="replace"))
    except urllib.error.HTTPError as error:
        raise LabError(error.read().decode(errors="replace")) from error
