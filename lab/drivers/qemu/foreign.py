"""
Checks of foreign image files, before QEMU opens them.

A disk image can name other files (a backing file, a file for its data, extents), and QEMU would open them in our name.
Such images are therefore refused from their headers, before any program of QEMU reads them.
"""

import json
import struct
from collections.abc import Callable
from pathlib import Path

from lab.drivers.interface import DriverError, ImageFile
from lab.drivers.qemu.disks import convert, keep_iso
from lab.drivers.qemu.programs import qemu_img

ISO_DESCRIPTOR_OFFSET = 32769
ISO_DESCRIPTORS = (b"CD001", b"BEA01", b"NSR02", b"NSR03")
QCOW2_EXTERNAL_DATA_FILE = 1 << 2
QED_BACKING_FILE = 1 << 0
MAX_VIRTUAL_GIB = 32768  # the largest disk that the cloud has
HEADER_BYTES = 64 * 1024
CHECKED_BY_QEMU = {"qcow2", "qed", "vdi", "vhdx", "vmdk"}
LEAKS_ONLY = 3  # exit status of qemu-img check: unused space, harmless


class ImageRefused(DriverError, ValueError):
    """Refusal of an image file, with the reason in its message."""


def take_over(source: Path, disk_format: str, folder: Path, image_id: str) -> ImageFile:
    """
    Check a foreign image file and write it into ``folder``: an ISO as it is, a disk as qcow2.

    Args:
        disk_format: Format by the cloud's names: iso, raw, qcow2, vhd, vhdx, vmdk, vdi, qed or qcow.

    Raises:
        ImageRefused: The format is not known, is not that of the content, or the file refers to other files.
    """
    declared = disk_format.lower()
    if declared not in CHECKS:
        raise ImageRefused(f"the format {disk_format} is not supported; use one of: {', '.join(sorted(CHECKS))}")
    header = _header(source)
    CHECKS[declared](header, source)
    if declared == "iso":
        return keep_iso(source, folder / f"{image_id}.iso")
    if declared == "raw":
        _refuse_disguised(header, source)
    qemu_format = "vpc" if declared == "vhd" else declared
    _check_size(source, qemu_format)
    _check_structure(source, qemu_format)
    return convert(source, qemu_format, folder / f"{image_id}.qcow2")


def _header(source: Path) -> bytes:
    try:
        with source.open("rb") as file:
            header = file.read(HEADER_BYTES)
    except OSError as error:
        raise ImageRefused(f"the image file cannot be read: {error.strerror}") from None
    if not header:
        raise ImageRefused("the image file is empty")
    return header


def _check_iso(header: bytes, source: Path) -> None:
    found = header[ISO_DESCRIPTOR_OFFSET : ISO_DESCRIPTOR_OFFSET + 5]
    if found not in ISO_DESCRIPTORS:
        raise ImageRefused("the file is not an ISO image: it has no ISO 9660 or UDF descriptor")


def _check_raw(header: bytes, source: Path) -> None:
    if source.stat().st_size % 512:
        raise ImageRefused("the file is not a raw disk: its size is not a multiple of 512 bytes")


def _refuse_disguised(header: bytes, source: Path) -> None:
    """Refuse a raw disk with the header of another format, which means that the given format is wrong."""
    for name, magic in MAGICS.items():
        if header.startswith(magic):
            raise ImageRefused(f"the declared format is raw, but the file is {name}")


def _check_qcow2(header: bytes, source: Path) -> None:
    _expect("qcow2", header, 104)
    version, backing_offset = struct.unpack_from(">IQ", header, 4)
    if version not in (2, 3):
        raise ImageRefused(f"the file is qcow version {version}, not qcow2")
    _refuse_backing(backing_offset)
    if version == 3 and struct.unpack_from(">Q", header, 72)[0] & QCOW2_EXTERNAL_DATA_FILE:
        raise ImageRefused("the image keeps its data in another file; only standalone images are accepted")


def _check_qcow(header: bytes, source: Path) -> None:
    _expect("qcow2", header, 48, "qcow")
    version, backing_offset = struct.unpack_from(">IQ", header, 4)
    if version != 1:
        raise ImageRefused(f"the file is qcow version {version}, not the old qcow format")
    _refuse_backing(backing_offset)


def _check_qed(header: bytes, source: Path) -> None:
    _expect("qed", header, 64)
    _refuse_backing(struct.unpack_from("<Q", header, 16)[0] & QED_BACKING_FILE)


def _check_vmdk(header: bytes, source: Path) -> None:
    """Accept only sparse files with their own content; the other kinds list further files in a description."""
    _expect("vmdk", header, 512)
    (capacity,) = struct.unpack_from("<Q", header, 12)
    if capacity == 0:
        raise ImageRefused("the vmdk file only describes other files; export it as one sparse file")
    if b"parentFileNameHint" in header:
        raise ImageRefused("the vmdk file depends on a parent; export it as one sparse file")


def _check_vhd(header: bytes, source: Path) -> None:
    """Check for the footer, which a dynamic disk has at its start too, a fixed one only in its last sector."""
    with source.open("rb") as file:
        file.seek(max(source.stat().st_size - 512, 0))
        footer = file.read(512)
    if not footer.startswith(MAGICS["vhd"]) and not header.startswith(MAGICS["vhd"]):
        raise ImageRefused("the file is not a vhd image: it has no vhd footer")


def _check_vhdx(header: bytes, source: Path) -> None:
    _expect("vhdx", header, 4096)


def _check_vdi(header: bytes, source: Path) -> None:
    if len(header) < 512 or struct.unpack_from("<I", header, 64)[0] != 0xBEDA107F:
        raise ImageRefused("the file is not a vdi image")


def _expect(name: str, header: bytes, length: int, shown: str = "") -> None:
    if len(header) < length or not header.startswith(MAGICS[name]):
        raise ImageRefused(f"the file is not a {shown or name} image")


def _refuse_backing(backing: int) -> None:
    if backing:
        raise ImageRefused("the image refers to a backing file; only standalone images are accepted")


def _check_size(source: Path, qemu_format: str) -> None:
    """Let QEMU read the header, now that it names no other file: QEMU knows what else makes an image unreadable."""
    try:
        listing = qemu_img("info", "-f", qemu_format, "--output=json", source, timeout_s=60)
    except DriverError as error:
        raise ImageRefused(f"the image file is damaged: {error}") from None
    information = json.loads(listing)
    if "backing-filename" in information:
        raise ImageRefused("the image refers to a backing file; only standalone images are accepted")
    if information["virtual-size"] > MAX_VIRTUAL_GIB << 30:
        raise ImageRefused(f"the image's disk is larger than {MAX_VIRTUAL_GIB} GiB")


def _check_structure(source: Path, qemu_format: str) -> None:
    """Refuse a truncated or damaged file, because QEMU would read missing parts as zeros."""
    if qemu_format not in CHECKED_BY_QEMU:
        return
    try:
        qemu_img("check", "-f", qemu_format, source, timeout_s=600, accepted=(0, LEAKS_ONLY))
    except DriverError as error:
        raise ImageRefused(f"the image file is damaged or incomplete ({error}); upload it again") from None


MAGICS = {
    "qcow2": b"QFI\xfb",
    "qed": b"QED\0",
    "vmdk": b"KDMV",
    "vhd": b"conectix",
    "vhdx": b"vhdxfile",
}

CHECKS: dict[str, Callable[[bytes, Path], None]] = {
    "iso": _check_iso,
    "raw": _check_raw,
    "qcow2": _check_qcow2,
    "qcow": _check_qcow,
    "qed": _check_qed,
    "vmdk": _check_vmdk,
    "vhd": _check_vhd,
    "vhdx": _check_vhdx,
    "vdi": _check_vdi,
}
