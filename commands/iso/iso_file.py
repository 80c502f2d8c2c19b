"""ISO file of a user: existence, type of file, and identification by its content."""

import hashlib
import json
import os
import stat
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from config import wording
from toolchain.paths import STATE
from toolchain.steps import SetupError

CACHE = STATE / "iso-digests.json"
CHUNK_BYTES = 8 << 20
SILENT_S = 1.0
INTERVAL_S = 1.0
SETTLED_NS = 2_000_000_000
"""Age from which a file's time of modification identifies its content."""
LONGEST_CACHE = 50  # files
KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISDIR, "is a directory, not an ISO file"),
    (stat.S_ISFIFO, "is a named pipe, not an ISO file"),
    (stat.S_ISSOCK, "is a socket, not an ISO file"),
    (stat.S_ISBLK, "is a device, not an ISO file: copy the disc into a file first (`dd if=/dev/… of=disc.iso`)"),
    (stat.S_ISCHR, "is a device, not an ISO file"),
)


@dataclass(frozen=True)
class Content:
    """
    Identity of a file's content.

    Attributes:
        size_bytes: Size of the file.
        md5: MD5 digest in hexadecimal digits, which is its ETag in the object store.
        sha256: SHA-256 digest in hexadecimal digits.
    """

    size_bytes: int
    md5: str
    sha256: str


def find(name: str, folder: Path) -> Path:
    """
    Return the absolute path of an ISO file that can be read.

    Args:
        name: Path as the user wrote it; `~` is the user's home.
        folder: Folder that relative paths refer to.

    Raises:
        SetupError: The file does not exist, is not a regular file, is empty, or cannot be read.
    """
    try:
        path = folder / Path(name).expanduser()
        status = path.stat()
    except (RuntimeError, OSError, ValueError) as error:
        raise SetupError(_absent(name, folder, error)) from None
    for is_kind, words in KINDS:
        if is_kind(status.st_mode):
            raise SetupError(f"{shown(name)} {words} (ISO=...)")
    if status.st_size == 0:
        raise SetupError(f"{shown(name)} is empty (ISO=...)")
    try:
        path.open("rb").close()
    except OSError as error:
        raise SetupError(f"{shown(name)} cannot be read (ISO=...): {error.strerror}") from None
    return Path(os.path.abspath(path))


def shown(name: str) -> str:
    """Return a file name for a message; bytes that are not UTF-8 are escaped."""
    return name.encode("utf-8", "backslashreplace").decode()


def _absent(name: str, folder: Path, error: Exception) -> str:
    where = "" if os.path.isabs(name) or name.startswith("~") else f" in {shown(str(folder))}, where `make` runs"
    if isinstance(error, RuntimeError):
        return f"{shown(name)} (ISO=...): there is no such user"
    if not isinstance(error, FileNotFoundError):
        reason = error.strerror if isinstance(error, OSError) else error
        return f"cannot open {shown(name)}{where} (ISO=...): {reason}"
    path = folder / Path(name).expanduser()
    if path.is_symlink():
        return f"{shown(name)} is a link to {shown(os.readlink(path))}, which does not exist (ISO=...)"
    if not path.parent.is_dir():
        return f"there is no folder {shown(str(Path(name).parent))}{where} (ISO={shown(name)})"
    return f"there is no file {shown(name)}{where} (ISO=...)"


def content_of(path: Path, name: str) -> Content:
    """
    Return the content of a file, which is read again only if the file has changed.

    Args:
        path: Absolute path.
        name: Name for messages.

    Raises:
        SetupError: The file cannot be read, or changes while it is read.
    """
    cache = _read_cache()
    try:
        before = _signature(path)
        known = cache.get(str(path))
        if known and known["signature"] == before:
            return Content(**known["content"])
        content = _digest(path, name)
        after = _signature(path)
    except OSError as error:
        raise SetupError(f"cannot read {shown(name)}: {error.strerror}") from error
    if after != before or content.size_bytes != after[0]:
        raise SetupError(f"{shown(name)} changed while it was read; repeat the command once the file is complete")
    if time.time_ns() - after[1] > SETTLED_NS:
        cache.pop(str(path), None)
        _write_cache({**cache, str(path): {"signature": after, "content": asdict(content)}})
    return content


def _signature(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev]


def _digest(path: Path, name: str) -> Content:
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    progress = Progress(f"reading {shown(name)}", path.stat().st_size)
    with path.open("rb", buffering=0) as file, ThreadPoolExecutor(1) as pool:
        done = 0
        while chunk := file.read(CHUNK_BYTES):
            other = pool.submit(md5.update, chunk)
            sha256.update(chunk)
            other.result()
            done += len(chunk)
            progress.show(done)
    return Content(done, md5.hexdigest(), sha256.hexdigest())


class Progress:
    """Progress lines on standard error about longer work: one per second, on a terminal in place."""

    def __init__(self, subject: str, total_bytes: int) -> None:
        self._subject, self._total = subject, max(total_bytes, 1)
        self._next = time.monotonic() + SILENT_S
        self._is_terminal = sys.stderr.isatty()
        self._interval_s = INTERVAL_S

    def show(self, done_bytes: int) -> None:
        """Print the progress if the last line is old enough."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + self._interval_s
        if not self._is_terminal:
            self._interval_s = min(self._interval_s * 2, 30)
        end = "\r" if self._is_terminal and done_bytes < self._total else "\n"
        share = f"{wording.size(done_bytes)} of {wording.size(self._total)} ({100 * done_bytes // self._total} %)"
        print(f"lab: {self._subject}: {share}", end=end, file=sys.stderr, flush=True)


def _read_cache() -> dict[str, Any]:
    try:
        cache = json.loads(CACHE.read_text())
        return {path: known for path, known in cache.items() if Content(**known["content"]) and known["signature"]}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _write_cache(cache: dict[str, Any]) -> None:
    kept = dict(list(cache.items())[-LONGEST_CACHE:])
    with suppress(OSError):  # It is read again next time.
        write_json(CACHE, kept)


def write_json(path: Path, value: Any) -> None:
    """
    Write a file atomically.

    Raises:
        OSError: The file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_text(json.dumps(value, indent=1))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
