"""
Answers by their digest: in the memory of the process, and in a folder that only the user can read.

The state and the inputs of resources have digests only. The process that adds answers to an ISO file is another one
than that of the program, so it takes the text from here.
"""

import os
from contextlib import suppress
from pathlib import Path

from config.answers.answer_files import Answers
from config.answers.recorded_answers import RecordedAnswers
from config.cache_folder import cache_folder

LONGEST_STORE = 50
"""Number of texts that are kept in the folder."""

_known: dict[str, Answers] = {}


def remembered(answers: Answers) -> Answers:
    """Return answers, which this process finds from now on."""
    _known[answers.sha256] = answers
    return answers


def store(answers: Answers) -> None:
    """Store answers for the other processes of this user; if that fails, the check of the upload reports it."""
    with suppress(OSError, RuntimeError):  # RuntimeError: there is no home folder
        _write(answers)


def _write(answers: Answers) -> None:
    file = _folder() / answers.sha256
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
        opened.write(answers.content)
    draft.replace(file)
    _prune(file.parent)


def find(recorded: RecordedAnswers) -> Answers | None:
    """Return the answers with a recorded digest; None if no process of this user has stored them."""
    found = _known.get(recorded.sha256)
    content = found.content if found is not None else b""
    if found is None:
        with suppress(OSError):
            content = (_folder() / recorded.sha256).read_bytes()
    answers = Answers(recorded.kind, recorded.name, content, tuple(recorded.parameters))
    return answers if answers.sha256 == recorded.sha256 else None


def _folder() -> Path:
    return cache_folder() / "answers"


def _prune(folder: Path) -> None:
    """Delete the oldest texts beyond the limit."""
    with suppress(OSError):
        oldest_first = sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime)
        for file in oldest_first[:-LONGEST_STORE]:
            file.unlink(missing_ok=True)
