"""Tells from the bytes of a file whether it is a disc image, what it is called, and which firmware can boot it.

Sources: ECMA-119 (ISO 9660), ECMA-167 and OSTA UDF (recognition sequence, volume label), "El Torito" Bootable CD-ROM
Format Specification 1.0 (boot catalog); platform 0xEF for EFI: UEFI Specification, "El Torito".
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

Firmware = Literal["bios", "uefi"]
ReadRange = Callable[[int, int], bytes]

SECTOR = 2048
FIRST_DESCRIPTOR = 16
MAX_DESCRIPTORS = 64
HEAD_BYTES = 256 * 1024
"""What is read at first: the descriptors, and in most files the boot catalog as well."""

_ANCHOR_SECTOR = 256
_EFI = 0xEF
_X86 = 0
_BOOTABLE = 0x88


@dataclass(frozen=True)
class Disc:
    """
    A disc image.

    Attributes:
        formats: "ISO 9660", "UDF" or both.
        label: its volume label, "" where it has none.
        boots: the firmware that finds something to boot on it.
    """

    formats: tuple[str, ...]
    label: str
    boots: tuple[Firmware, ...]

    def describe(self) -> str:
        """One phrase for people."""
        label = f"label {self.label!r}" if self.label else "no label"
        boots = f"boots by {' and '.join(self.boots)}" if self.boots else "not bootable"
        return f"{' and '.join(self.formats)}, {label}, {boots}"


@dataclass(frozen=True)
class Descriptors:
    """What the volume recognition area of a file says; `boot_catalog` is a sector number."""

    formats: tuple[str, ...] = ()
    label: str = ""
    boot_catalog: int | None = None


def inspect(head: bytes, read: ReadRange) -> Disc | None:
    """
    Look at a file.

    Args:
        head: its first HEAD_BYTES, or all of it where it is shorter.
        read: reads more of it: first byte and number of bytes.

    Returns:
        What it is, or None where it is no disc image.
    """
    found = descriptors(head)
    if not found.formats:
        return None
    label = found.label or (_udf_label(_reader(head, read)) if "UDF" in found.formats else "")
    boots: tuple[Firmware, ...] = ()
    if found.boot_catalog is not None:
        boots = boot_entries(_reader(head, read)(found.boot_catalog * SECTOR, SECTOR))
    return Disc(found.formats, label, boots)


def descriptors(head: bytes) -> Descriptors:
    """Read the volume descriptors, from sector 16 on."""
    formats: dict[str, None] = {}
    label, catalog = "", None
    for sector in _descriptor_sectors(head):
        kind, identifier = sector[0], sector[1:6]
        if identifier == b"CD001":
            formats["ISO 9660"] = None
            if kind == 1:
                label = label or _text(sector[40:72])
            if kind == 0 and sector[7:30] == b"EL TORITO SPECIFICATION":
                catalog = struct.unpack_from("<I", sector, 71)[0]
        elif identifier in (b"NSR02", b"NSR03"):
            formats["UDF"] = None
    return Descriptors(tuple(formats), label, catalog)


def boot_entries(catalog: bytes) -> tuple[Firmware, ...]:
    """The firmware for which a boot catalog has a bootable entry; none for a catalog that is not valid."""
    if not _is_valid_catalog(catalog):
        return ()
    platforms = [catalog[1]] if catalog[32] == _BOOTABLE else []
    for offset in range(64, len(catalog) - 31, 32):
        if catalog[offset] in (0x90, 0x91):
            platforms += _section_platforms(catalog, offset)
            if catalog[offset] == 0x91:
                break
    found: list[Firmware] = []
    if _X86 in platforms:
        found.append("bios")
    if _EFI in platforms:
        found.append("uefi")
    return tuple(found)


def _descriptor_sectors(head: bytes) -> Iterator[bytes]:
    for number in range(FIRST_DESCRIPTOR, FIRST_DESCRIPTOR + MAX_DESCRIPTORS):
        sector = head[number * SECTOR : (number + 1) * SECTOR]
        known = (b"CD001", b"BEA01", b"NSR02", b"NSR03", b"TEA01", b"BOOT2", b"CDW02")
        if len(sector) < SECTOR or sector[1:6] not in known:
            return
        yield sector


def _text(field: bytes) -> str:
    text = field.decode("ascii", "replace").rstrip(" \0")
    return "".join(character if character.isprintable() else "?" for character in text)


def _is_valid_catalog(catalog: bytes) -> bool:
    """Header 1, key bytes 55 AA, and all words of the validation entry add up to 0."""
    if len(catalog) < 64 or catalog[0] != 1 or catalog[30:32] != b"\x55\xaa":
        return False
    words: tuple[int, ...] = struct.unpack("<16H", catalog[:32])
    return sum(words) & 0xFFFF == 0


def _section_platforms(catalog: bytes, offset: int) -> list[int]:
    platform, entries = catalog[offset + 1], struct.unpack_from("<H", catalog, offset + 2)[0]
    found = []
    for number in range(1, min(entries, len(catalog) // 32) + 1):
        entry = catalog[offset + 32 * number : offset + 32 * number + 1]
        if entry == bytes([_BOOTABLE]):
            found.append(platform)
    return found


def _reader(head: bytes, read: ReadRange) -> ReadRange:
    """Read from what is there already, where it is there."""
    return lambda start, length: head[start : start + length] if start + length <= len(head) else read(start, length)


def _udf_label(read: ReadRange) -> str:
    """The volume identifier of a UDF file: anchor (tag 2) in sector 256, then its primary volume descriptor (tag 1)."""
    anchor = read(_ANCHOR_SECTOR * SECTOR, SECTOR)
    if len(anchor) < 24 or struct.unpack_from("<H", anchor)[0] != 2:
        return ""
    length, location = struct.unpack_from("<II", anchor, 16)
    sequence = read(location * SECTOR, min(length, 16 * SECTOR))
    for offset in range(0, len(sequence) - 55, SECTOR):
        if struct.unpack_from("<H", sequence, offset)[0] == 1:
            return _d_string(sequence[offset + 24 : offset + 56])
    return ""


def _d_string(field: bytes) -> str:
    """A UDF d-string: compression id (8 or 16 bits a character), text, and its length in the last byte."""
    text = field[1 : max(field[-1], 1)]
    decoded = text.decode("utf-16-be" if field[0] == 16 else "latin-1", "replace")
    return "".join(character if character.isprintable() else "?" for character in decoded)
