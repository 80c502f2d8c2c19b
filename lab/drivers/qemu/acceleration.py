"""Detection of usable hardware acceleration (KVM), by running a guest with it."""

import functools
import os
import selectors
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from lab.drivers.qemu.programs import EMULATOR, plain_environment

KVM_DEVICE = Path("/dev/kvm")
PROBE_TIMEOUT_S = 5.0
PROBE_END = b"No bootable device"

# The firmware writes its log to port 0x402.
EMPTY_MACHINE = (
    *("-machine", "q35", "-m", "64", "-nodefaults", "-no-user-config", "-display", "none"),
    *("-chardev", "stdio,id=log", "-device", "isa-debugcon,iobase=0x402,chardev=log"),
)

KVM = ("-accel", "kvm", "-cpu", "host")
# All features of the emulated processor. One is the random number instruction, without which a guest waits
# seconds for its first random number. The buffer of translated code is bounded, because several guests may run.
EMULATED = ("-accel", "tcg,thread=multi,tb-size=256", "-cpu", "max")


def acceleration() -> tuple[str, ...]:
    """Return QEMU's arguments for the fastest working way to run a guest, determined once per process."""
    return KVM if kvm_works() else EMULATED


@functools.cache
def kvm_works() -> bool:
    """Return True if guests run on the host's processor; a /dev/kvm that opens may still run nothing."""
    return os.access(KVM_DEVICE, os.R_OK | os.W_OK) and runs_firmware(KVM)


def runs_firmware(arguments: Sequence[str]) -> bool:
    """Run an empty machine with these acceleration ``arguments`` up to the end of its firmware."""
    process = subprocess.Popen(
        [EMULATOR, *arguments, *EMPTY_MACHINE],
        env=plain_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        return process.stdout is not None and _appears(PROBE_END, process.stdout, PROBE_TIMEOUT_S)
    finally:
        process.kill()
        process.communicate()


def _appears(text: bytes, stream: IO[bytes], timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    seen = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while text not in seen:
            if not selector.select(max(deadline - time.monotonic(), 0)):
                return False
            chunk = os.read(stream.fileno(), 65536)
            if not chunk:
                return False
            seen += chunk
    return True
