"""Control interface of the embedded cloud, which offers what the cloud does not: pictures of screens, inspections."""

from __future__ import annotations

import os
import urllib.error
import urllib.request

ENDPOINT = "HW_LAB_ENDPOINT"
TOKEN = "HW_LAB_TOKEN"  # noqa: S105 - the name of a variable


def is_lab() -> bool:
    """Return True if the cloud is the embedded one."""
    return bool(os.environ.get(ENDPOINT))


def get(path: str, timeout_s: float, limit_bytes: int) -> tuple[int, bytes]:
    """
    Send a GET request, and return its status and the first bytes of the response.

    Args:
        path: Path of the control interface.
        timeout_s: Seconds without a byte of the response.
        limit_bytes: Largest number of bytes to read.

    Raises:
        OSError: The lab does not respond.
    """
    token = os.environ.get(TOKEN, "")
    request = urllib.request.Request(  # noqa: S310 - the embedded cloud's own address
        os.environ[ENDPOINT] + path, headers={"Authorization": f"Bearer {token}"} if token else {}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout_s) as response:
            return int(response.status), bytes(response.read(limit_bytes))
    except urllib.error.HTTPError as error:
        return error.code, bytes(error.read(limit_bytes))
