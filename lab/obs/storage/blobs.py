"""
Blobs on disk: every object and every part is one file with a random name.

A file is written under ``incoming/`` and renamed into ``blobs/`` when it is whole; no name that a client chose ever
becomes a path. A lock file shows if another store (another process, too) uses the directory. Only the first one deletes
what a crash left behind.
"""

import fcntl
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

CHUNK_BYTES = 1 << 20


class BlobDirectory:
    """
    Files below one directory.

    Args:
        root: Directory of the store, created if missing.
    """

    def __init__(self, root: Path) -> None:
        self._blobs = root / "blobs"
        self._incoming = root / "incoming"
        for directory in (self._blobs, self._incoming):
            directory.mkdir(parents=True, exist_ok=True)
        self._lock = (root / "lock").open("w")

    def acquire(self) -> bool:
        """Join the users of the directory; return True if there is no other one."""
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(self._lock, fcntl.LOCK_SH)
            return False
        return True

    def share(self) -> None:
        """Release the exclusive lock, so that others can join."""
        fcntl.flock(self._lock, fcntl.LOCK_SH)

    def close(self) -> None:
        self._lock.close()

    def path(self, blob: str) -> Path:
        return self._blobs / blob[:2] / blob

    def new_file(self) -> "BlobWriter":
        return BlobWriter(self._incoming / uuid.uuid4().hex, self)

    def remove(self, blob: str) -> None:
        self.path(blob).unlink(missing_ok=True)

    def link(self, blob: str) -> str:
        """Give the same bytes a second name, and return it; blobs are never changed, so they may be shared."""
        copy = uuid.uuid4().hex
        self.path(copy).parent.mkdir(exist_ok=True)
        os.link(self.path(blob), self.path(copy))
        return copy

    def remove_all_but(self, known: set[str]) -> None:
        """Delete the remains of a crash: half-written files and blobs that nothing refers to."""
        leftovers = [*self._incoming.iterdir(), *(blob for blob in self._blobs.glob("*/*") if blob.name not in known)]
        for leftover in leftovers:
            leftover.unlink()


class BlobWriter:
    """
    File that is being written, with the MD5 of its bytes so far.

    Use it as a context manager: a file that was not committed is deleted at the end.
    """

    def __init__(self, path: Path, directory: BlobDirectory) -> None:
        self._path = path
        self._directory = directory
        self._file: BinaryIO = path.open("wb")
        self._md5 = hashlib.md5(usedforsecurity=False)
        self.size = 0

    def __enter__(self) -> "BlobWriter":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._file.close()
        finally:  # closing writes what is buffered, and fails on a full disk
            self._path.unlink(missing_ok=True)

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._md5.update(chunk)
        self.size += len(chunk)

    def append_file(self, source: Path) -> None:
        """Append a whole file, a chunk at a time; `etag` does not cover it."""
        with source.open("rb") as reading:
            shutil.copyfileobj(reading, self._file, CHUNK_BYTES)
        self.size += source.stat().st_size

    def etag(self) -> str:
        return self._md5.hexdigest()

    def commit(self) -> str:
        """
        Make the file a blob.

        Returns:
            Name of the blob.
        """
        self._file.close()
        blob = self._path.name
        target = self._directory.path(blob)
        target.parent.mkdir(exist_ok=True)
        self._path.rename(target)
        return blob


def read_chunks(source: BinaryIO, length: int) -> Iterator[bytes]:
    """Yield `length` bytes from the file's position, at most 1 MiB at a time."""
    while length > 0 and (chunk := source.read(min(CHUNK_BYTES, length))):
        length -= len(chunk)
        yield chunk


def file_md5(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
