"""A lock of a command that has ended, and file systems of other types."""

from collections.abc import Callable
from pathlib import Path

import pytest

from commands.state import lock_records
from commands.state.lock_records import LockFolder
from tests.commands.state.lock_files import write_lock


@pytest.fixture
def folder(tmp_path: Path) -> LockFolder:
    """Return a backend in a folder, with a lock of an ended command on the stack `test`."""
    made = LockFolder(tmp_path, "probe", "test")
    write_lock(made)
    return made


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that makes the backend appear to be on a file system of another type."""
    return lambda type_: monkeypatch.setattr(lock_records, "file_system", lambda _: type_)
