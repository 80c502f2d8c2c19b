"""File of a report, which is replaced as a whole and which only its owner can read."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from commands.fleet.stack_names import valid_name
from toolchain.paths import STATE
from toolchain.steps import SetupError


def default(name: str) -> Path:
    """Return the path of the report of a stack or a fleet."""
    STATE.mkdir(exist_ok=True)
    return STATE / f"report-{valid_name(name.rpartition('/')[2]) or 'stack'}.html"


def write(file: Path, document: str) -> None:
    """
    Write a report; a reader sees the old one or the new one as a whole.

    Raises:
        SetupError: The file cannot be written.
    """
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        with open(draft, "x", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as content:
            content.write(document)
        draft.replace(file)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise SetupError(f"cannot write {file}: {error.strerror}") from None
