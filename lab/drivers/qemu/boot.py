"""Boot of an image file by itself, without a server, with its serial console shown."""

import codecs
import os
import selectors
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TextIO

from lab.drivers.interface import DriverError, Firmware
from lab.drivers.qemu.acceleration import acceleration
from lab.drivers.qemu.command import VARIABLES_FILE, common_arguments, disk_arguments, network_arguments
from lab.drivers.qemu.disks import create_blank, virtual_size
from lab.drivers.qemu.firmware import prepare_uefi
from lab.drivers.qemu.programs import EMULATOR, plain_environment

RAM_MIB = 1024
VCPUS = 1
"""An emulated machine with two of them takes half as long again to boot."""
MAC_ADDRESS = "52:54:00:00:00:01"
KEPT_CHARACTERS = 4096


def boot_image(path: Path, firmware: Firmware, *, until: str | None, timeout_s: float, out: TextIO) -> bool:
    """
    Boot a copy-on-write layer over an image file; the file itself is not changed.

    Args:
        until: Text to wait for on the serial console. None: wait until the guest powers itself off.
        timeout_s: Longest wait, seconds.
        out: Receiver of the console's output.

    Returns:
        True if the text was shown, or the guest powered itself off.

    Raises:
        DriverError: The virtual machine could not be started.
    """
    with tempfile.TemporaryDirectory(prefix="boot-") as name:
        directory = Path(name)
        with (directory / "messages").open("wb") as messages:
            emulator = subprocess.Popen(
                _command(path.absolute(), firmware, directory),
                cwd=directory,
                env=plain_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=messages,
            )
        try:
            found = _watch(emulator, until, timeout_s, out)
        finally:
            emulator.kill()
            emulator.communicate()
        if not found and emulator.returncode > 0:
            said = (directory / "messages").read_text(errors="replace").strip().splitlines()
            raise DriverError(f"the virtual machine did not start: {(said or ['no reason given'])[-1]}")
    return found


def _command(path: Path, firmware: Firmware, directory: Path) -> list[str]:
    create_blank(directory / "layer.qcow2", virtual_size(path))
    uefi_code = prepare_uefi(directory / VARIABLES_FILE) if firmware == "uefi" else None
    return [
        EMULATOR,
        *common_arguments(acceleration(), RAM_MIB, VCPUS, uefi_code),
        *("-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"),
        *disk_arguments(0, directory / "layer.qcow2", "image", 1, backing=path),
        *network_arguments([MAC_ADDRESS]),
    ]


def _watch(emulator: "subprocess.Popen[bytes]", until: str | None, timeout_s: float, out: TextIO) -> bool:
    """Follow the console up to the end of the line that holds the text, to its end, or to the deadline."""
    assert emulator.stdout is not None
    deadline = time.monotonic() + timeout_s
    seen = ""
    for text in _texts(emulator.stdout, deadline):
        out.write(text)
        out.flush()
        seen += text
        if until is not None and until in seen and "\n" in seen[seen.index(until) :]:
            return True
        if until is None or until not in seen:
            seen = seen[-KEPT_CHARACTERS:]
    if until is not None:
        return until in seen
    return time.monotonic() < deadline and emulator.wait(timeout=10) == 0


def _texts(stream: IO[bytes], deadline: float) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while selector.select(max(deadline - time.monotonic(), 0)):
            chunk = os.read(stream.fileno(), 4096)
            if not chunk:
                return
            yield decoder.decode(chunk).replace("\r", "")
