"""Upload of a file to the object store in parts, which continues an upload that an earlier run has begun."""

from __future__ import annotations

import hashlib
import os
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from config import wording
from config.iso_file.iso_location import IsoObject
from huaweicloud.errors import UnexpectedState
from huaweicloud.obs_uploads import MAX_PARTS, Part
from huaweicloud.polling import Progress
from providers.runtime import process, progress

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud

PART_BYTES = 5 << 20
"""Size of a part; larger files than 10,000 parts have larger ones."""
AT_ONCE = 3
"""Largest number of parts that are sent at a time; with the next one, so many are in memory."""
IN_FLIGHT_BYTES = 16 << 20
"""Largest size of the parts that are sent at a time, so that the parts of very large files are sent one by one."""


class FileUpload(NamedTuple):
    """
    File on this machine, and its object.

    Attributes:
        name: Name of the file for progress, as the user knows it.
        path: Absolute path of the file.
        sha256: Digest that the file must have.
        target: Location of the object.
        metadata: Metadata of the object, by name.
    """

    name: str
    path: str
    sha256: str
    target: IsoObject
    metadata: Mapping[str, str]


def upload(cloud: Cloud, file: FileUpload) -> None:
    """
    Upload a file, unless its parts are in the store already, and make an object of the parts.

    The digest of exactly the bytes that are sent is verified before there is an object.

    Args:
        cloud: Client of the region.
        file: File and object.

    Raises:
        UnexpectedState: The file has another digest, or cannot be read.
        Cancelled: The user cancelled the run; the next one continues.
    """
    uploads = cloud.obs_uploads
    found = uploads.find(*file.target)
    upload_id = found[0] if found else uploads.start(*file.target, file.metadata)
    present = uploads.parts(*file.target, upload_id) if found else {}
    try:
        parts, digest = _Transfer(cloud, file, upload_id, present).run()
    except OSError as error:
        reason = f"{file.path} could not be read while it was uploaded: {error.strerror or error}"
        raise UnexpectedState(reason, hint="run `pulumi up` again, which continues the upload") from None
    if digest != file.sha256:
        uploads.abort(*file.target, upload_id)
        raise UnexpectedState(
            f"{file.path} has the SHA-256 digest {digest}, but {file.sha256} was expected; it was changed after the "
            "preview, nothing was kept in the object store",
            hint="run `pulumi up` again with the complete file, or correct iso_sha256",
        )
    uploads.complete(*file.target, upload_id, parts)


class _Transfer:
    """
    Parts of a file on their way.

    Args:
        cloud: Client of the region.
        file: File and object.
        upload_id: Id of the upload.
        present: Parts that the store has.
    """

    def __init__(self, cloud: Cloud, file: FileUpload, upload_id: str, present: Mapping[int, Part]) -> None:
        self._cloud, self._file, self._upload_id, self._present = cloud, file, upload_id, present
        self._size = os.stat(file.path).st_size
        self._part_bytes = part_bytes(self._size)
        self._at_once = max(1, min(AT_ONCE, IN_FLIGHT_BYTES // self._part_bytes))
        self._parts: dict[int, Part] = {}
        self._done, self._sent, self._began = 0, 0, time.monotonic()
        self._report = progress.reporter(more=self._speed)

    def run(self) -> tuple[list[Part], str]:
        """Send the missing parts, and return all parts in order and the digest of the file."""
        digest, pending = hashlib.sha256(), deque[Future[Part]]()
        self._show()
        with Path(self._file.path).open("rb") as file, ThreadPoolExecutor(self._at_once, "iso-upload") as pool:
            try:
                for number, content in enumerate(iter(lambda: file.read(self._part_bytes), b""), 1):
                    process.pause(0, f"the upload of {self._file.path}")
                    digest.update(content)
                    self._queue(pool, pending, number, content)
                    del content
                while pending:
                    self._record(pending.popleft().result(), is_sent=True)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        self._show(ended=True)
        return [self._parts[number] for number in sorted(self._parts)], digest.hexdigest()

    def _queue(self, pool: ThreadPoolExecutor, pending: deque[Future[Part]], number: int, content: bytes) -> None:
        """Send a part as soon as one of the others is in the store, unless the store has it."""
        md5 = hashlib.md5(content, usedforsecurity=False)
        known = self._present.get(number)
        if known is not None and (known.size_bytes, known.etag) == (len(content), md5.hexdigest()):
            self._record(known, is_sent=False)
            return
        if len(pending) == self._at_once:
            self._record(pending.popleft().result(), is_sent=True)
        put = partial(
            self._cloud.obs_uploads.put_part, *self._file.target, self._upload_id, number, content, md5.digest()
        )
        pending.append(pool.submit(copy_context().run, put))

    def _record(self, part: Part, *, is_sent: bool) -> None:
        self._parts[part.number] = part
        self._done += part.size_bytes
        self._sent += part.size_bytes if is_sent else 0
        self._show()

    def _show(self, *, ended: bool = False) -> None:
        waited_s, fraction = time.monotonic() - self._began, min(self._done / max(self._size, 1), 1.0)
        rest_s = (self._size - self._done) * waited_s / self._sent if self._sent else None
        name = self._file.name
        state = "uploaded" if ended else "uploading"
        self._report(Progress(name, state, fraction, waited_s, ended=ended, remaining_s=None if ended else rest_s))
        if ended and self._sent:
            is_whole = self._sent == self._size
            sent = wording.size(self._size) if is_whole else wording.share(self._sent, self._size)
            process.log(f"uploaded {sent} of {name}, {self._speed()}")

    def _speed(self) -> str:
        """Return the mean speed of this run in words."""
        seconds = max(time.monotonic() - self._began, 0.001)
        return f"{wording.size(round(self._sent / seconds))}/s" if self._sent else ""


def part_bytes(size_bytes: int) -> int:
    """Return the size of the parts of a file: always the same, so that a later run continues with the same parts."""
    least = -(-size_bytes // MAX_PARTS)
    return max(PART_BYTES, -(-least // PART_BYTES) * PART_BYTES)
