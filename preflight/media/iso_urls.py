"""ISO files behind URLs: existence and size, and free space for a download."""

from __future__ import annotations

import shutil
from pathlib import Path

TIMEOUTS_S = (10.0, 60.0)
"""Seconds for making a connection, and without a byte of the response."""


def size_of(url: str) -> tuple[int | None, str]:
    """
    Return the size of a file behind a URL, and the reason why it cannot be downloaded (HEAD).

    Args:
        url: URL of the file.

    Returns:
        Size in bytes, None if the server does not report it; and a phrase, "" if there is no problem.
    """
    import requests

    headers = {"Accept-Encoding": "identity"}
    try:
        with requests.head(url, headers=headers, allow_redirects=True, timeout=TIMEOUTS_S) as response:
            if response.status_code in (405, 501):  # a server without HEAD
                return None, ""
            if not response.ok:
                return None, f"cannot be downloaded: HTTP {response.status_code}"
            length = response.headers.get("content-length", "")
            return (int(length) if length.isdigit() else None), ""
    except requests.RequestException as error:
        return None, f"cannot be downloaded: {type(error).__name__}"


def free_bytes(folder: Path) -> int:
    """Return the free space of the disk of a folder, or of the nearest parent that exists."""
    present = next(place for place in (folder, *folder.parents) if place.exists())
    return shutil.disk_usage(present).free
