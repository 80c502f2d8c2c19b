"""
Report of a client's operations: which work, and which requests the lab has no operation for.

It runs in the virtual environment of the clients, so it imports nothing of this project.
"""

import http.client
import json
import os
import re
import sys
import time
import urllib.request
from collections.abc import Callable
from typing import Any

TIMEOUT_S = 60.0
SENT: list[tuple[str, str]] = []
"""Method and path of every request of this process to the lab's services, in order."""


class Report:
    """Report of one client, written as JSON to standard output at its end."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        record_requests()

    def run(self, label: str, work: Callable[[], Any]) -> Any:
        """Run an operation, record its result, and return what it returned; None if it failed."""
        since = self._journal(0)[-1:] or [{"seq": 0}]
        SENT.clear()
        result, found = "works", None
        try:
            found = work()
        except Exception as error:
            result = f"fails: {type(error).__name__}"
            print(f"{label}: {error!r}", file=sys.stderr)
        entries = [entry for entry in self._journal(since[0]["seq"]) if entry["service"] != "obs"]
        pairs = zip(entries, SENT, strict=True) if entries else ()
        missing = sorted({_shape(entry["service"], sent) for entry, sent in pairs if not entry["operation"]})
        self.rows.append({"operation": label, "result": result, "missing": missing})
        return found

    def write(self) -> None:
        json.dump(self.rows, sys.stdout)

    def _journal(self, since: int) -> list[dict[str, Any]]:
        url = f"{os.environ['HW_LAB_ENDPOINT']}/journal?since={since}"
        headers = {"Authorization": f"Bearer {os.environ['HW_LAB_TOKEN']}"}
        request = urllib.request.Request(url, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as response:
            entries: list[dict[str, Any]] = json.loads(response.read())
            return entries


def _shape(service: str, sent: tuple[str, str]) -> str:
    """Return service, method and path of a request, with `{id}` for every id of the path."""
    method, url = sent
    path = url.split("?")[0]
    return f"{service} {method} {ID.sub('{id}', path)}"


ID = re.compile(r"(?<=/)(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?=/|$)")


def record_requests() -> None:
    """
    Record what this process sends.

    The journal of the lab has a digest in the place of every word of a path that the lab does not know.
    """
    control = int(os.environ["HW_LAB_ENDPOINT"].rsplit(":", 1)[1])
    original = http.client.HTTPConnection.putrequest

    def putrequest(self: http.client.HTTPConnection, method: str, url: str, *more: Any, **options: Any) -> None:
        if self.port != control:
            SENT.append((method, url))
        original(self, method, url, *more, **options)

    http.client.HTTPConnection.putrequest = putrequest  # type: ignore[method-assign]


def wait_for(condition: Callable[[], Any], subject: str) -> Any:
    """Poll until a condition holds, and return its value."""
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(subject)
        time.sleep(0.2)


def require(condition: object, subject: str) -> None:
    """Let an operation fail whose response is not the expected one."""
    if not condition:
        raise ValueError(subject)
