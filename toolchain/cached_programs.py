"""Programs in the cache folder, which the first set-up of a machine that needs them creates."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from toolchain.steps import locked


def cached(folder: Path, waiting: str, create: Callable[[Path], Path]) -> Path:
    """
    Return a folder of the cache, which the first call creates, one process at a time.

    A killed set-up leaves no half a folder: the new one is complete before it gets its name.

    Args:
        folder: Folder in the cache.
        waiting: Message if another process creates the folder.
        create: Function that creates the content below a temporary folder, and returns the folder of the programs.
    """
    if folder.exists():
        return folder
    with locked(folder.with_name(f"{folder.name}.lock"), waiting):
        if not folder.exists():
            for left_by_a_killed_one in folder.parent.glob(f".{folder.name}-*"):
                shutil.rmtree(left_by_a_killed_one)
            with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as temporary:
                create(Path(temporary)).rename(folder)
    return folder
