"""ISO files behind URLs: existence and size, and free space for a download."""

import shutil
from pathlib import Path

from huaweicloud.errors import TransportError
from huaweicloud.transport.http import opened

WITHOUT_HEAD = (405, 501)
"""Statuses of a server that does not offer HEAD."""


def size_of(url: str, ca_bundle: str = "") -> tuple[int | None, str]:
    """
    Return the size of a file behind a URL, and the reason why it cannot be downloaded (HEAD).

    Args:
        url: URL of the file.
        ca_bundle: Value of the setting `ca_bundle`.

    Returns:
        Size in bytes, None if the server does not report it; and a phrase, "" if there is no problem.
    """
    try:
        with opened("HEAD", url, {}, ca_bundle=ca_bundle) as found:
            if found.status < 300:
                return found.length, ""
            return None, "" if found.status in WITHOUT_HEAD else f"cannot be downloaded: HTTP {found.status}"
    except TransportError as error:
        return None, f"cannot be downloaded: {error.message.rpartition(': ')[2]}"


def free_bytes(folder: Path) -> int:
    """Return the free space of the disk of a folder, or of the nearest parent that exists."""
    present = next(place for place in (folder, *folder.parents) if place.exists())
    return shutil.disk_usage(present).free
