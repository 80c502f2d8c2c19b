"""Private files: folders of mode 0700 and files of mode 0600, which nobody but the lab's owner can read."""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FOLDER_MODE = 0o700
FILE_MODE = 0o600
OTHERS = 0o077
TOKEN_FILE = "control-token"  # noqa: S105 - a name, no token
LOCK_FILE = "lab.lock"
OWN_NAMES = ("lab.*", "credentials.json", f"{TOKEN_FILE}*", "compute", "objects")
"""Names of everything that a lab keeps in its state folder."""


class NotPrivate(Exception):
    """Refusal of a folder as a lab's state; its message contains the reason and the remedy."""


@contextmanager
def private_umask() -> Iterator[None]:
    """Withhold every new file of this process and its children from other users."""
    before = os.umask(OTHERS)
    try:
        yield
    finally:
        os.umask(before)


def make_private_folder(state: Path) -> None:
    """
    Create the state folder, or withhold an existing one and everything of the lab in it from other users.

    Files of others in the folder keep their modes. Symbolic links are not followed.

    Raises:
        NotPrivate: The folder belongs to another user, or holds other files and no lab.
    """
    with private_umask():
        state.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    own = {path for pattern in OWN_NAMES for path in state.glob(pattern)}
    _check_owner(state)
    if not {path.name for path in own} - {LOCK_FILE} and set(state.iterdir()) - own:
        raise NotPrivate(f"{state} holds other files; give the lab a folder of its own: --state DIR")
    state.chmod(FOLDER_MODE)
    if _is_readable_by_others(state / TOKEN_FILE):
        (state / TOKEN_FILE).unlink()
    for path in own:
        _tighten(path)


def _check_owner(state: Path) -> None:
    owner = state.stat().st_uid
    if owner != os.geteuid() and os.geteuid() != 0:
        raise NotPrivate(
            f"{state} belongs to another user (uid {owner}); give the lab a folder of its own: --state DIR"
        )


def _tighten(path: Path) -> None:
    _withhold(path)
    if path.is_dir() and not path.is_symlink():
        for folder, folders, files in os.walk(path):
            for name in (*folders, *files):
                _withhold(Path(folder, name))


def _withhold(path: Path) -> None:
    with suppress(FileNotFoundError):  # machines and clients continue their work meanwhile
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode) and stat.S_IMODE(mode) & OTHERS:
            path.chmod(FOLDER_MODE if stat.S_ISDIR(mode) else FILE_MODE)


def _is_readable_by_others(path: Path) -> bool:
    return path.exists() and bool(path.stat().st_mode & OTHERS)


def control_token(state: Path) -> str:
    """Return the token of the control interface, a new one if there is none or if others could have read it."""
    path = state / TOKEN_FILE
    if path.exists() and not _is_readable_by_others(path) and (kept := path.read_text().strip()):
        return kept
    token = secrets.token_urlsafe(32)
    fresh = state / f"{TOKEN_FILE}.new"
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with os.fdopen(descriptor, "w") as file:
        file.write(token)
    fresh.replace(path)
    return token
