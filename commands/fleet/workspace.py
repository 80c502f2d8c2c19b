"""A folder for each stack of a fleet: the program, the stack's configuration and the logs of its runs.

Kept in `.state/fleet/<stack>`, where Pulumi can be used on the stack by hand.
"""

import os
from pathlib import Path
from typing import Any

import yaml

from toolchain.paths import PROGRAM, ROOT, STATE

PROJECT = "image-from-iso"


def prepare(stack: str, configuration: dict[str, Any]) -> Path:
    """
    Make the folder of a stack, or bring it up to date.

    Args:
        stack: its name.
        configuration: its configuration, by key.
    """
    folder = STATE / "fleet" / stack
    folder.mkdir(parents=True, exist_ok=True)
    for name in PROGRAM:
        _link(folder / name, ROOT / name)
    file = folder / f"Pulumi.{stack}.yaml"
    kept = yaml.safe_load(file.read_text()) or {} if file.exists() else {}
    kept["config"] = {f"{PROJECT}:{key}": value for key, value in configuration.items()}
    unfinished = file.with_suffix(f".{os.getpid()}")
    unfinished.write_text(yaml.safe_dump(kept, allow_unicode=True, sort_keys=False))
    unfinished.chmod(0o600)  # user data may be in it
    unfinished.replace(file)
    return folder


def _link(link: Path, target: Path) -> None:
    """A symbolic link; the one of a clone that was moved since is made anew."""
    if link.is_symlink() and link.readlink() == target:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target)
