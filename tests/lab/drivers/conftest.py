import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from lab.clock import Clock
from lab.drivers.qemu import QemuDriver
from tests.iso.building import installer_iso

__all__ = ["installer_iso"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder with a name longer than a socket's path, with special characters of QEMU's option syntax."""
    return tmp_path / f"state, with 'odd': chars=on {'long' * 25}"


@pytest.fixture
def driver(root: Path) -> Iterator[QemuDriver]:
    made = QemuDriver(root, Clock())
    yield made
    made.shutdown()


@pytest.fixture
def emulators(root: Path) -> Callable[[], list[psutil.Process]]:
    """Return a function that finds the emulators in this test's folder, including dead ones that nobody waited for."""

    def find() -> list[psutil.Process]:
        return [process for process in psutil.process_iter() if _works_below(process, root)]

    return find


def _works_below(process: psutil.Process, root: Path) -> bool:
    try:
        if not process.name().startswith("qemu"):
            return False
        zombie_of_ours = process.status() == psutil.STATUS_ZOMBIE and process.ppid() == os.getpid()
        return zombie_of_ours or Path(process.cwd()).is_relative_to(root)
    except (psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
        return False
