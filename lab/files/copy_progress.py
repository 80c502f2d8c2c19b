"""Progress of a file that is being copied into the object store."""

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

FIRST_S = 2.0
LONGEST_S = 30.0
MIB = 1 << 20


def with_progress(work: Callable[[], T], incoming: Path, total_bytes: int) -> T:
    """
    Run work that copies a file, and show on standard error how much is copied, if it takes longer than a moment.

    Args:
        work: Work that copies the file.
        incoming: Folder of the files that are being written.
        total_bytes: Size of the file.

    Returns:
        Result of the work.
    """
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(done, incoming, total_bytes), daemon=True)
    watcher.start()
    try:
        return work()
    finally:
        done.set()
        watcher.join()


def _watch(done: threading.Event, incoming: Path, total_bytes: int) -> None:
    interval_s = FIRST_S
    while not done.wait(interval_s):
        copied = min(_largest(incoming), total_bytes)
        print(f"lab: copied {copied // MIB} of {total_bytes // MIB} MiB", file=sys.stderr, flush=True)
        interval_s = min(interval_s * 2, LONGEST_S)


def _largest(folder: Path) -> int:
    try:
        return max((file.stat().st_size for file in folder.iterdir()), default=0)
    except OSError:  # one was finished meanwhile
        return 0
