"""Version of the program, and the commit of the clone that it runs from."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
VERSION = "0.1.0"
"""Version of the program; a test compares it with that of the package."""
NOT_STACK_FILES = ":(exclude,glob)Pulumi.*.yaml"
"""Files that users edit: they are the settings of stacks, not the program."""
TIMEOUT_S = 20.0


class ProgramVersion(NamedTuple):
    """
    Version of the program.

    Attributes:
        version: Version of the release.
        commit: Id of the commit; "" if the program does not run from a clone.
        modified: True if files of the clone differ from the commit.
    """

    version: str
    commit: str = ""
    modified: bool = False


@cache
def program_version(root: Path = ROOT) -> ProgramVersion:
    """Return the version of the program; a folder inside of another repository is no clone of this one."""
    if not (root / ".git").exists():
        return ProgramVersion(VERSION)
    commit = _git(root, "rev-parse", "--verify", "HEAD")
    if commit is None:
        return ProgramVersion(VERSION)
    changes = _git(root, "status", "--porcelain", "--untracked-files=no", "--", ".", NOT_STACK_FILES)
    return ProgramVersion(VERSION, commit, modified=changes != "")


def _git(root: Path, *arguments: str) -> str | None:
    """Return the output of a command of Git; None if it failed. It takes no lock that an editor could wait for."""
    command = ["git", "--no-optional-locks", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
