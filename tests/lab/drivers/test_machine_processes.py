"""Processes of machines in a lab with many open files."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

from lab.drivers.qemu.machine_process import Process

BEYOND_SELECT = 2000
"""Number of a descriptor that select() refuses."""


def test_a_process_is_awaited_whatever_the_number_of_its_descriptor(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        first = os.pidfd_open(child.pid)
        process = Process(tmp_path, fcntl.fcntl(first, fcntl.F_DUPFD, BEYOND_SELECT))
        os.close(first)

        assert process.is_alive()
        child.communicate(b"\n")
        assert process.wait(30)
        assert not process.is_alive()
