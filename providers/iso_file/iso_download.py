"""Download of an ISO file into the cache, which continues what an earlier run has downloaded."""

import hashlib
import os
import time
from pathlib import Path
from typing import BinaryIO

from config import wording
from config.cache_folder import cache_folder
from huaweicloud.errors import ConnectionLost, UnexpectedState
from huaweicloud.polling import Progress
from huaweicloud.transport.http import Stream, opened
from preflight.media.iso_urls import free_bytes
from providers.runtime import process, progress

CHUNK_BYTES = 1 << 20
AGAIN = "run `pulumi up` again, which continues the download"
COMPLETE = 416
"""Status of a request for bytes beyond the end: the file was complete already."""


def download(url: str, sha256: str, ca_bundle: str = "") -> str:
    """
    Download a file, unless it is in the cache, and verify its digest.

    Args:
        url: URL of the file.
        sha256: Digest that the file must have.
        ca_bundle: Value of the setting `ca_bundle`.

    Returns:
        Path of the file, which the caller deletes.

    Raises:
        UnexpectedState: The server refuses, the disk is full, or the file has another digest.
        ConnectionLost: The connection broke.
        Cancelled: The user cancelled the run; the next one continues.
    """
    path = cache_folder() / "iso" / f"{sha256}.iso"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".part")
        try:
            _fetch(url, draft, ca_bundle)
        except ConnectionLost as error:
            raise ConnectionLost(f"The download broke off: {error.message}", hint=AGAIN) from None
        except OSError as error:
            raise UnexpectedState(f"{draft} could not be written: {error.strerror}", hint=AGAIN) from None
        found = _sha256(draft)
        if found != sha256:
            draft.unlink()
            raise UnexpectedState(
                f"{url} has the SHA-256 digest {found}, but iso_sha256 is {sha256}; nothing was uploaded",
                hint="correct iso, or iso_sha256",
            )
        draft.replace(path)
    return str(path)


def _fetch(url: str, draft: Path, ca_bundle: str) -> None:
    done = draft.stat().st_size if draft.exists() else 0
    headers = {"Range": f"bytes={done}-"} if done else {}
    with opened("GET", url, headers, CHUNK_BYTES, ca_bundle) as response:
        if response.status == COMPLETE:
            return
        if response.status not in (200, 206):
            raise UnexpectedState(f"{url} cannot be downloaded: HTTP {response.status}", hint="correct iso")
        done = done if response.status == 206 else 0
        _require_space(draft, response.length or 0)
        with draft.open("ab" if done else "wb") as file:
            _write(response, file, os.path.basename(url), done)


def _require_space(draft: Path, needed: int) -> None:
    free = free_bytes(draft.parent)
    if free < needed:
        raise UnexpectedState(
            f"{draft.parent} has {wording.size(free)} free, but the download needs {wording.size(needed)}",
            hint="delete files there, or set XDG_CACHE_HOME to a folder on another disk",
        )


def _write(response: Stream, file: BinaryIO, name: str, done: int) -> None:
    first, size, began = done, done + (response.length or 0), time.monotonic()
    speed = [""]
    report = progress.reporter(more=lambda: speed[0])
    for chunk in response.chunks:
        process.pause(0, f"the download of {name}")
        file.write(chunk)
        done += len(chunk)
        waited_s = max(time.monotonic() - began, 0.001)
        per_s = (done - first) / waited_s
        speed[0] = f"{wording.size(round(per_s))}/s"
        fraction = min(done / size, 1.0) if response.length else None
        report(Progress(name, "downloading", fraction, waited_s, remaining_s=max(size - done, 0) / per_s))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
