"""Guests of a few bytes: they write to the serial line and then power off, restart once, stay on, or more."""

import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from threading import Event
from time import monotonic

LOAD_ADDRESS = 0x7C00
TEXT_OFFSET = 0x80

# Prints the text at TEXT_OFFSET, character by character, when the line is ready.
SAY = bytes.fromhex("31c0 8ed8 fc be0000 ac 84c0 7412 88c4 bafd03 ec a820 74fb 88e0 baf803 ee ebe9".replace(" ", ""))
POWER_OFF = bytes.fromhex("ba0406 b80020 ef f4 ebfd".replace(" ", ""))
STAY_ON = bytes.fromhex("f4 ebfd".replace(" ", ""))
RESTART = bytes.fromhex("baf90c b006 ee f4 ebfd".replace(" ", ""))
# A byte of the clock's memory, which a restart keeps, tells the first run from the second.
RESTART_ONCE = bytes.fromhex("b070e670e471 84c0 7511 b070e670b001e671".replace(" ", "")) + RESTART + POWER_OFF
# Writes a character for each of the 32 places of the PCI bus: N network card, D disk, S SCSI controller, R random
# numbers (virtio devices, by their ids there), a dot for anything else.
SHOW_BUS = bytes.fromhex(
    "31c9 660fb7c1 66c1e00b 660d00000080 baf80c 66ef b2fc 66ed"  # address of the place, its device's id
    "b34e 663df41a0010 7420 b344 663df41a0110 7416 b352 663df41a0510 740c b353 663df41a0410 7402 b32e"
    "bafd03 ec a820 74fb 88d8 b2f8 ee 41 83f920 75ac".replace(" ", "")
)

# Shows the text on the screen, and writes each key that is pressed to the serial line and the screen.
ECHO_KEYS = bytes.fromhex(
    "be807c ac 84c0 7409 b40e bb0700 cd10 ebf2"
    "b400 cd16 88c4 bafd03 ec a820 74fb 88e0 baf803 ee b40e bb0700 cd10 ebe3".replace(" ", "")
)


def boot_code(text: str, then: bytes) -> bytes:
    """Return a boot sector that prints ``text`` and then runs ``then``."""
    say = bytearray(SAY)
    struct.pack_into("<H", say, 6, LOAD_ADDRESS + TEXT_OFFSET)
    code = (bytes(say) + then).ljust(TEXT_OFFSET, b"\0") + f"{text}\r\n".encode() + b"\0"
    return code.ljust(510, b"\0") + b"\x55\xaa"


def write_disk(path: Path, text: str, then: bytes, size_mib: int = 1) -> Path:
    """Return a raw disk that holds nothing but such a boot sector."""
    path.write_bytes(boot_code(text, then).ljust(size_mib << 20, b"\0"))
    return path


def write_iso(path: Path, text: str, then: bytes) -> Path:
    """Return an ISO file that boots such code."""
    tree = path.with_suffix(".tree")
    tree.mkdir()
    (tree / "boot.bin").write_bytes(boot_code(text, then).ljust(2048, b"\0"))
    boot = ("-b", "boot.bin", "-no-emul-boot", "-boot-load-size", "4")
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", *boot, "-o", path, tree], check=True)
    return path


def wait_until(condition: Callable[[], object], timeout_s: float = 120) -> None:
    """Poll until the condition holds."""
    deadline = monotonic() + timeout_s
    pause = Event()
    while not condition():
        assert monotonic() < deadline, f"not so within {timeout_s} s"
        pause.wait(0.05)
