"""Processes of machines in a lab with many open files."""

import fcntl
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.drivers.qemu.machine_process import Process

BEYOND_SELECT = 2000
"""Number of a descriptor that select() refuses."""


@pytest.fixture
def _many_files() -> Iterator[None]:
    """Permit this process as many open files as its user may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard <= BEYOND_SELECT:
        pytest.skip(f"this user may open only {hard} files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("_many_files")
def test_a_process_is_awaited_whatever_the_number_of_its_descriptor(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        first = os.pidfd_open(child.pid)
        process = Process(tmp_path, fcntl.fcntl(first, fcntl.F_DUPFD, BEYOND_SELECT))
        os.close(first)

        assert process.is_alive()
        child.communicate(b"\n")
        assert process.wait(30)
        assert not process.is_alive()
