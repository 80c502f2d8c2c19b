"""ISO file on this machine: its problems, and its digest, which is remembered for as long as the file is unchanged."""

import hashlib
import json
import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from config.cache_folder import cache_folder

CHUNK_BYTES = 8 << 20
SETTLED_NS = 2_000_000_000
"""Age from which a file's time of modification identifies its content."""
LONGEST_CACHE = 50
"""Number of files whose digests are remembered."""


def absolute(path: str) -> str:
    """Return the absolute path of a file; `~` is the user's home."""
    return os.path.abspath(os.path.expanduser(path))


def problem_of(path: str) -> str:
    """
    Return the reason why a file cannot be uploaded, as a phrase; "" if there is none.

    Args:
        path: Absolute path of the file.
    """
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return "is not a regular file"
        if status.st_size == 0:
            return "is empty (0 bytes)"
        Path(path).open("rb").close()
    except FileNotFoundError:
        return "does not exist on this machine"
    except (OSError, ValueError) as error:
        return f"cannot be read: {getattr(error, 'strerror', None) or 'it is not a path'}"
    return ""


def sha256_of(path: str) -> str:
    """
    Return the SHA-256 digest of a file, from the cache if the file is unchanged since it was read.

    Args:
        path: Absolute path of the file.

    Raises:
        OSError: The file cannot be read.
    """
    status = os.stat(path)
    identity = [status.st_size, status.st_mtime_ns, status.st_ino]
    known = _read_cache()
    entry = known.get(path)
    if isinstance(entry, list) and entry[:-1] == identity:
        return str(entry[-1])
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    after = os.stat(path)
    is_settled = time.time_ns() - after.st_mtime_ns > SETTLED_NS
    if is_settled and [after.st_size, after.st_mtime_ns, after.st_ino] == identity:
        remember(path, digest.hexdigest())
    return digest.hexdigest()


def remember(path: str, sha256: str) -> None:
    """
    Remember the digest of a file for as long as the file is unchanged.

    Args:
        path: Absolute path of the file.
        sha256: Digest of its content.
    """
    with suppress(OSError, RuntimeError):
        status = os.stat(path)
        known = {**_read_cache(), path: [status.st_size, status.st_mtime_ns, status.st_ino, sha256]}
        file = _file()
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(dict(list(known.items())[-LONGEST_CACHE:])))
        draft.replace(file)


def _file() -> Path:
    return cache_folder() / "iso-digests.json"


def _read_cache() -> dict[str, Any]:
    try:
        found = json.loads(_file().read_text())
    except (OSError, ValueError, RuntimeError):  # RuntimeError: there is no home folder
        return {}
    return found if isinstance(found, dict) else {}
