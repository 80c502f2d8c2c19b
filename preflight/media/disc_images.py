"""
Disc images: format, label and boot modes, read from the first sectors of a file.

Sources: ECMA-119 (ISO 9660), ECMA-167 and OSTA UDF (recognition sequence, volume label, partition), "El Torito"
Bootable CD-ROM Format Specification 1.0 (boot catalog); platform 0xEF for EFI: UEFI Specification, "El Torito".
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from preflight.media.partitions import gpt_bytes

Firmware = Literal["bios", "uefi"]
ReadRange = Callable[[int, int], bytes]

SECTOR = 2048
FIRST_DESCRIPTOR = 16
MAX_DESCRIPTORS = 64
HEAD_BYTES = 256 * 1024
"""Bytes of the first read: the descriptors, and in most files the boot catalog as well."""

_ANCHOR_SECTOR = 256
_EFI = 0xEF
_X86 = 0
_BOOTABLE = 0x88
_KNOWN = (b"CD001", b"BEA01", b"NSR02", b"NSR03", b"TEA01", b"BOOT2", b"CDW02")


@dataclass(frozen=True)
class Disc:
    """
    A disc image.

    Attributes:
        formats: Formats "ISO 9660", "UDF" or both.
        label: Volume label; "" if there is none.
        boots: Types of firmware that find a boot record.
        volume_bytes: Size of the file systems by their own descriptors; 0 if they do not state it.
        boot_bytes: End of the last part that a firmware reads to boot, in bytes from the start; 0 without any.
        gpt_bytes: Size of the disk that the partition table describes; 0 without a valid GUID partition table.
    """

    formats: tuple[str, ...]
    label: str
    boots: tuple[Firmware, ...]
    volume_bytes: int = 0
    boot_bytes: int = 0
    gpt_bytes: int = 0

    def describe(self) -> str:
        """Return a phrase for messages."""
        label = f"label {self.label!r}" if self.label else "no label"
        boots = f"boots with {' and '.join(self.boots)}" if self.boots else "not bootable"
        return f"{' and '.join(self.formats)}, {label}, {boots}"


@dataclass(frozen=True)
class Descriptors:
    """Content of the volume recognition area of a file; `boot_catalog` is a sector number."""

    formats: tuple[str, ...] = ()
    label: str = ""
    boot_catalog: int | None = None
    volume_bytes: int = 0


@dataclass(frozen=True)
class BootEntry:
    """A bootable entry of a boot catalog: the platform, and the end of its boot image in bytes from the start."""

    platform: int
    end_bytes: int


@dataclass(frozen=True)
class _Udf:
    """Content of the descriptors of a UDF file system; 0 bytes if they do not state its size."""

    label: str = ""
    volume_bytes: int = 0


def inspect(head: bytes, read: ReadRange) -> Disc | None:
    """
    Return the properties of a disc image.

    Args:
        head: First HEAD_BYTES of the file, or the whole file if it is shorter.
        read: Function that reads more of the file, from a first byte and a number of bytes.

    Returns:
        The disc image; None if the file is not a disc image.
    """
    found = descriptors(head)
    if not found.formats:
        return None
    reader = _reader(head, read)
    udf = _udf(reader) if "UDF" in found.formats else _Udf()
    entries: tuple[BootEntry, ...] = ()
    catalog_bytes = 0
    if found.boot_catalog is not None:
        catalog_bytes = found.boot_catalog * SECTOR + SECTOR
        entries = boot_entries(reader(found.boot_catalog * SECTOR, SECTOR))
    return Disc(
        found.formats,
        found.label or udf.label,
        _firmware(entries),
        max(found.volume_bytes, udf.volume_bytes),
        max([catalog_bytes, *(entry.end_bytes for entry in entries)]),
        gpt_bytes(head),
    )


def descriptors(head: bytes) -> Descriptors:
    """Return the volume descriptors, which begin in sector 16."""
    formats: dict[str, None] = {}
    label, catalog, volume_bytes = "", None, 0
    for sector in _descriptor_sectors(head):
        kind, identifier = sector[0], sector[1:6]
        if identifier == b"CD001":
            formats["ISO 9660"] = None
            if kind == 1:
                label = label or _text(sector[40:72])
                volume_bytes = volume_bytes or _volume_bytes(sector)
            if kind == 0 and sector[7:30] == b"EL TORITO SPECIFICATION":
                catalog = struct.unpack_from("<I", sector, 71)[0]
        elif identifier in (b"NSR02", b"NSR03"):
            formats["UDF"] = None
    return Descriptors(tuple(formats), label, catalog, volume_bytes)


def boot_entries(catalog: bytes) -> tuple[BootEntry, ...]:
    """Return the bootable entries of a boot catalog; none if the catalog is invalid."""
    if not _is_valid_catalog(catalog):
        return ()
    entries = [_entry(catalog[1], catalog, 32)] if catalog[32] == _BOOTABLE else []
    for offset in range(64, len(catalog) - 31, 32):
        if catalog[offset] in (0x90, 0x91):
            entries += _section_entries(catalog, offset)
            if catalog[offset] == 0x91:
                break
    return tuple(entries)


def _firmware(entries: tuple[BootEntry, ...]) -> tuple[Firmware, ...]:
    platforms = [entry.platform for entry in entries]
    found: list[Firmware] = []
    if _X86 in platforms:
        found.append("bios")
    if _EFI in platforms:
        found.append("uefi")
    return tuple(found)


def _descriptor_sectors(head: bytes) -> Iterator[bytes]:
    """Yield the descriptors; one that the end of the file cuts off is padded with zeros if it has its identifier."""
    for number in range(FIRST_DESCRIPTOR, FIRST_DESCRIPTOR + MAX_DESCRIPTORS):
        sector = head[number * SECTOR : (number + 1) * SECTOR]
        if sector[1:6] not in _KNOWN:
            return
        yield sector.ljust(SECTOR, b"\0")


def _volume_bytes(sector: bytes) -> int:
    """Return the size of a volume by its primary descriptor (ECMA-119 8.4.8, 8.4.12); 0 if both byte orders differ."""
    blocks, size = struct.unpack_from("<I", sector, 80)[0], struct.unpack_from("<H", sector, 128)[0]
    if blocks != struct.unpack_from(">I", sector, 84)[0]:
        return 0
    return int(blocks) * (size if size in (512, 1024, 2048) else SECTOR)


def _text(field: bytes) -> str:
    text = field.decode("ascii", "replace").rstrip(" \0")
    return "".join(character if character.isprintable() else "?" for character in text)


def _is_valid_catalog(catalog: bytes) -> bool:
    """Return True for header 1, key bytes 55 AA and a validation entry whose words add up to 0."""
    if len(catalog) < 64 or catalog[0] != 1 or catalog[30:32] != b"\x55\xaa":
        return False
    words: tuple[int, ...] = struct.unpack("<16H", catalog[:32])
    return sum(words) & 0xFFFF == 0


def _section_entries(catalog: bytes, offset: int) -> list[BootEntry]:
    platform, count = catalog[offset + 1], struct.unpack_from("<H", catalog, offset + 2)[0]
    places = (offset + 32 * number for number in range(1, min(count, len(catalog) // 32) + 1))
    return [_entry(platform, catalog, place) for place in places if catalog[place : place + 1] == bytes([_BOOTABLE])]


def _entry(platform: int, catalog: bytes, place: int) -> BootEntry:
    """Return an entry: at 6 it has the number of 512-byte blocks to load, at 8 their first sector."""
    blocks, sector = struct.unpack_from("<HI", catalog.ljust(place + 32, b"\0"), place + 6)
    return BootEntry(platform, sector * SECTOR + max(blocks, 1) * 512)


def _reader(head: bytes, read: ReadRange) -> ReadRange:
    """Return a function that reads from the head if possible, otherwise from the file."""
    return lambda start, length: head[start : start + length] if start + length <= len(head) else read(start, length)


def _udf(read: ReadRange) -> _Udf:
    """Read a UDF file system: anchor (tag 2) in sector 256, then primary volume (tag 1) and partition (tag 5)."""
    anchor = read(_ANCHOR_SECTOR * SECTOR, SECTOR)
    if len(anchor) < 24 or struct.unpack_from("<H", anchor)[0] != 2:
        return _Udf()
    length, location = struct.unpack_from("<II", anchor, 16)
    sequence = read(location * SECTOR, min(length, 16 * SECTOR))
    label, volume_bytes = "", (location * SECTOR + length) if length else 0
    for offset in range(0, len(sequence) - 195, SECTOR):
        tag = struct.unpack_from("<H", sequence, offset)[0]
        if tag == 1:
            label = label or _d_string(sequence[offset + 24 : offset + 56])
        elif tag == 5:
            start, sectors = struct.unpack_from("<II", sequence, offset + 188)
            volume_bytes = max(volume_bytes, (start + sectors) * SECTOR)
    return _Udf(label, volume_bytes)


def _d_string(field: bytes) -> str:
    """Return a UDF d-string: compression id (8 or 16 bits per character), text, and its length in the last byte."""
    text = field[1 : max(field[-1], 1)]
    decoded = text.decode("utf-16-be" if field[0] == 16 else "latin-1", "replace")
    return "".join(character if character.isprintable() else "?" for character in decoded)
