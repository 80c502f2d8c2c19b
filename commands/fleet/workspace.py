"""
Folder of a fleet's stack with the program, the configuration of the stack and the logs of its runs.

It is `.state/fleet/<stack>`, where Pulumi can be used on the stack by hand.
"""

import os
from pathlib import Path
from typing import Any

import yaml

from toolchain.paths import PROGRAM, ROOT, STATE

PROJECT = "image-from-iso"


def prepare(stack: str, configuration: dict[str, Any]) -> Path:
    """
    Create or update the folder of a stack, and return it.

    Args:
        stack: Name of the stack.
        configuration: Configuration of the stack by key.
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
    unfinished.chmod(0o600)  # It may contain user data.
    unfinished.replace(file)
    return folder


def _link(link: Path, target: Path) -> None:
    """Create a symbolic link, and replace that of a clone that has been moved."""
    if link.is_symlink() and link.readlink() == target:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target)
