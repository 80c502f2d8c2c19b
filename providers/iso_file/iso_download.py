"""Download of an ISO file into the cache, which continues what an earlier run has downloaded."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from config import wording
from config.cache_folder import cache_folder
from huaweicloud.errors import ConnectionLost, UnexpectedState
from huaweicloud.polling import Progress
from preflight.media.iso_urls import TIMEOUTS_S, free_bytes
from providers.runtime import process, progress

if TYPE_CHECKING:
    import requests

CHUNK_BYTES = 1 << 20
AGAIN = "run `pulumi up` again, which continues the download"


def download(url: str, sha256: str) -> str:
    """
    Download a file, unless it is in the cache, and verify its digest.

    Args:
        url: URL of the file.
        sha256: Digest that the file must have.

    Returns:
        Path of the file, which the caller deletes.

    Raises:
        UnexpectedState: The server refuses, the disk is full, or the file has another digest.
        ConnectionLost: The connection broke.
        Cancelled: The user cancelled the run; the next one continues.
    """
    import requests

    path = cache_folder() / "iso" / f"{sha256}.iso"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".part")
        try:
            _fetch(url, draft)
        except requests.RequestException as error:
            reason = f"The download of {url} broke off: {type(error).__name__}"
            raise ConnectionLost(reason, hint=AGAIN) from None
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


def _fetch(url: str, draft: Path) -> None:
    import requests

    done = draft.stat().st_size if draft.exists() else 0
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={done}-"} if done else {})}
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUTS_S) as response:
        if response.status_code == 416:  # the file was complete already
            return
        if response.status_code not in (200, 206):
            raise UnexpectedState(f"{url} cannot be downloaded: HTTP {response.status_code}", hint="correct iso")
        done = done if response.status_code == 206 else 0
        _require_space(draft, int(response.headers.get("content-length") or 0))
        with draft.open("ab" if done else "wb") as file:
            _write(response, file, os.path.basename(url), done)


def _require_space(draft: Path, needed: int) -> None:
    free = free_bytes(draft.parent)
    if free < needed:
        raise UnexpectedState(
            f"{draft.parent} has {wording.size(free)} free, but the download needs {wording.size(needed)}",
            hint="delete files there, or set XDG_CACHE_HOME to a folder on another disk",
        )


def _write(response: requests.Response, file: object, name: str, done: int) -> None:
    size, began, first = done + int(response.headers.get("content-length") or 0), time.monotonic(), done
    speed = [""]
    report = progress.reporter(more=lambda: speed[0])
    for chunk in response.iter_content(CHUNK_BYTES):
        process.pause(0, f"the download of {name}")
        file.write(chunk)  # type: ignore[attr-defined]  # a binary file
        done += len(chunk)
        waited_s = max(time.monotonic() - began, 0.001)
        speed[0] = f"{wording.size(round((done - first) / waited_s))}/s"
        fraction = min(done / size, 1.0) if size else None
        report(Progress(name, "downloading", fraction, waited_s, remaining_s=(size - done) * waited_s / (done - first)))


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        shutil.copyfileobj(file, _Sink(digest), CHUNK_BYTES)
    return digest.hexdigest()


class _Sink:
    """Digest as a file that is written to."""

    def __init__(self, digest: hashlib._Hash) -> None:
        self.write = digest.update
