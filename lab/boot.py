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
    """Boot an image until its console shows a text, the user interrupts, or time is up.

    Returns:
        0 when the text was seen or none was asked for, 1 when it was not.
    """
    server_id = _call("POST", f"{control}/boot/{image_id}")["server_id"]
    print(f"server {server_id} boots; Ctrl-C ends it", file=sys.stderr)
    seen = ""
    try:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline and not (until and until in seen):
            text = _text(f"{control}/console/{server_id}")
            sys.stdout.write(text[len(seen) :])
            sys.stdout.flush()
            seen = text
            time.sleep(INTERVAL_S)
    except KeyboardInterrupt:
        print()
    finally:
        _call("DELETE", f"{control}/boot/{server_id}")
    return 0 if until is None or until in seen else 1


def _call(method: str, url: str) -> Any:
    request = urllib.request.Request(url, method=method)  # noqa: S310 - the lab's own loopback address
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise LabError(error.read().decode(errors="replace")) from error
    return json.loads(text) if text else None


def _text(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310
        return str(answer.read().decode(errors="replace"))
