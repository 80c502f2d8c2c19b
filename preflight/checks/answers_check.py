"""Problems of answers and of the medium that they are added to, found before anything is written."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from config import wording
from config.answers import answer_store
from config.answers.answer_files import Answers
from config.answers.first_disk import first_disk_warnings
from config.answers.recorded_answers import RecordedAnswers
from config.cache_folder import cache_folder
from iso.build_errors import IsoBuildError, ToolMissing
from iso.vendor.customisation import require_customisable, require_tools
from iso.vendor.growing import SESSION_BYTES
from preflight.media.iso_urls import free_bytes

COPIES = "customised"
"""Folder of the customised copies in the cache, which are deleted after their upload."""


def copy_of(recorded: RecordedAnswers, iso_sha256: str) -> Path:
    """Return the path of the customised copy of a vendor's file."""
    return cache_folder() / COPIES / f"{recorded.inputs_sha256(iso_sha256)}.iso"


def refusals(recorded: RecordedAnswers, path: Path | None) -> Iterator[str]:
    """
    Yield the reasons for which answers cannot be added to a medium.

    Args:
        recorded: Answers.
        path: Path of the vendor's file; None if it is not on this machine yet.
    """
    answers = answer_store.find(recorded)
    if answers is None:
        yield f"cannot be read from {cache_folder()}, where the program stores them"
        return
    if path is None:
        try:
            require_tools()
        except ToolMissing as error:
            yield f"cannot be added: {error}"
        return
    status = path.stat()
    reason = _refusal(path, status.st_size, status.st_mtime_ns, answers)
    if reason:
        yield f"cannot be added: {reason}"


def lacking_space(recorded: RecordedAnswers, iso_sha256: str, size_bytes: int) -> str:
    """Return the reason why there is no space for the customised copy of a file; "" if there is."""
    copy = copy_of(recorded, iso_sha256)
    free, needed = free_bytes(copy.parent), size_bytes + SESSION_BYTES
    if free >= needed or copy.exists():
        return ""
    return f"require {wording.size(needed)} for a copy, but {copy.parent} has {wording.size(free)} free"


def warnings(recorded: RecordedAnswers) -> list[str]:
    """Return the reasons for which answers may install to another disk than the one that becomes the image."""
    answers = answer_store.find(recorded)
    return first_disk_warnings(answers) if answers is not None else []


@lru_cache(maxsize=64)
def _refusal(path: Path, _size_bytes: int, _changed_ns: int, answers: Answers) -> str:
    """Return the refusal of a medium; each unchanged file is read once, although several resources check it."""
    try:
        require_customisable(path, answers)
    except IsoBuildError as error:
        return str(error)
    return ""
