"""
Disks as qcow2 files: creation, copies, conversion, inspection.

Formats are always named, never guessed from content.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from lab.drivers.interface import ImageFile
from lab.drivers.qemu.programs import qemu_img

GIB = 1 << 30
SECTOR = 512


def create_blank(path: Path, size_bytes: int) -> None:
    """Create an empty disk, which occupies no space until it is written."""
    _write_whole(path, lambda new: qemu_img("create", "-q", "-f", "qcow2", new, str(size_bytes)))


def create_copy(path: Path, image: Path, size_gib: int) -> None:
    """Create a disk from an image file: a full copy, which outlives the image, grown to ``size_gib``."""

    def copy(new: Path) -> None:
        shutil.copyfile(image, new)
        grow(new, size_gib * GIB)

    _write_whole(path, copy)


def grow(path: Path, size_bytes: int) -> None:
    """Grow a disk that no machine uses; one that is as large already stays as it is."""
    if virtual_size(path) < size_bytes:
        qemu_img("resize", "-q", "-f", "qcow2", path, str(size_bytes))


def convert(source: Path, source_format: str, path: Path) -> ImageFile:
    """
    Write a disk's content into a standalone image file.

    A running machine's disk is read past its lock, so the caller pauses the machine before.
    """
    arguments = ("convert", "-U", "-f", source_format, "-O", "qcow2", source)
    _write_whole(path, lambda new: qemu_img(*arguments, new))
    return describe(path, "qcow2", virtual_size(path))


def keep_iso(source: Path, path: Path) -> ImageFile:
    """Copy an ISO file as it is; a link would let its owner change the content."""
    _write_whole(path, lambda new: shutil.copyfile(source, new))
    return describe(path, "iso", path.stat().st_size)


def describe(path: Path, disk_format: str, virtual_size_bytes: int) -> ImageFile:
    """Describe an image file with its checksum, and with its disk size rounded up to whole GiB."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return ImageFile(path, path.stat().st_size, digest, disk_format, -(-virtual_size_bytes // GIB))


def virtual_size(path: Path) -> int:
    """Return the size in bytes that a guest sees."""
    information = json.loads(qemu_img("info", "-U", "-f", "qcow2", "--output=json", path, timeout_s=60))
    return int(information["virtual-size"])


def written_bytes(path: Path) -> int:
    """Return the bytes of a disk that were written and are not known to be zeros."""
    extents = json.loads(qemu_img("map", "-U", "-f", "qcow2", "--output=json", path, timeout_s=300))
    return sum(extent["length"] for extent in extents if extent["data"] and not extent["zero"])


def has_boot_code(path: Path) -> bool:
    """Return True if a BIOS would start this disk: its first sector holds code and ends with the boot signature."""
    with tempfile.TemporaryDirectory() as directory:
        sector = Path(directory, "sector")
        arguments = ("dd", "-U", "-f", "qcow2", "-O", "raw", f"bs={SECTOR}", "count=1")
        qemu_img(*arguments, f"if={path}", f"of={sector}", timeout_s=60)
        content = sector.read_bytes()
    return content[510:512] == b"\x55\xaa" and any(content[:440])


def _write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let a file appear only when it is complete, so that a crash leaves no half-written file under its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    try:
        write(new)
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)
