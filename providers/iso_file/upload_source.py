"""File that is uploaded: the vendor's own, a download, or a copy with answers, which is deleted after the upload."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from config.answers import answer_store
from config.iso_file import local_iso
from config.iso_file.iso_upload import is_url
from huaweicloud.errors import UnexpectedState
from iso.build_errors import IsoBuildError
from iso.vendor.customisation import customise
from preflight.checks import answers_check
from providers.iso_file import iso_download
from providers.runtime import process

if TYPE_CHECKING:
    from config.answers.recorded_answers import RecordedAnswers

_lock = Lock()
_users: Counter[Path] = Counter()
"""Number of uploads in this process that read a customised copy."""


@contextmanager
def prepared(
    source: str, sha256: str, answers: RecordedAnswers | None, ca_bundle: str = ""
) -> Iterator[tuple[str, str]]:
    """
    Yield the path of the file that is uploaded, and its digest.

    Downloads and copies are deleted at the end, and kept after an error, so that the next run continues.

    Args:
        source: Path or URL of the vendor's file.
        sha256: Digest of that file.
        answers: Answers that a copy of the file gets; None to upload the file itself.
        ca_bundle: Value of the setting `ca_bundle`, for a download.

    Raises:
        UnexpectedState: The file or the answers cannot be used.
    """
    path = iso_download.download(source, sha256, ca_bundle) if is_url(source) else local_iso.absolute(source)
    reason = local_iso.problem_of(path)
    if reason:
        raise UnexpectedState(f"{path} {reason}; nothing was uploaded", hint="correct iso")
    if answers is None:
        yield path, sha256
    else:
        with _customised(Path(path), sha256, answers) as copy:
            yield copy
    if is_url(source):
        os.unlink(path)


@contextmanager
def _customised(path: Path, sha256: str, recorded: RecordedAnswers) -> Iterator[tuple[str, str]]:
    """Yield the copy of a vendor's file with answers, and its digest; several regions upload one copy."""
    copy = answers_check.copy_of(recorded, sha256)
    with _lock:
        digest = _write(path, sha256, recorded, copy)
        _users[copy] += 1
    is_uploaded = False
    try:
        yield str(copy), digest
        is_uploaded = True
    finally:
        with _lock:
            _users[copy] -= 1
            if is_uploaded and not _users[copy]:
                for file in (copy, copy.with_name(f"{copy.name}.json")):
                    file.unlink(missing_ok=True)


def _write(path: Path, sha256: str, recorded: RecordedAnswers, copy: Path) -> str:
    """Write the copy, unless an interrupted run has written it, and return its digest."""
    answers = answer_store.find(recorded)
    if answers is None:
        raise UnexpectedState(f"{recorded.name} is not in the cache any more", hint="run `pulumi up` again")
    found = local_iso.sha256_of(str(path))
    if found != sha256:
        reason = f"{path} has the SHA-256 digest {found}, but {sha256} was expected; nothing was uploaded"
        raise UnexpectedState(reason, hint="use the right and complete file, or correct iso_sha256")
    try:
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        manifest = customise(path, answers, copy, report=_report).manifest
    except IsoBuildError as error:
        raise UnexpectedState(f"answers cannot be added: {error}") from None
    except OSError as error:
        raise UnexpectedState(f"{copy} could not be written: {error.strerror or error}") from None
    return str(manifest["sha256"])


def _report(line: str) -> None:
    warning = line.removeprefix("warning: ")
    if warning != line:
        process.log(warning, "warning")
    else:
        process.log(line, ephemeral=True)
