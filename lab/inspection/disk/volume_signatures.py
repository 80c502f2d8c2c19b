"""
Detection of the content of a partition: a file system, swap space, encryption or a member of a volume group.

Labels and identifiers are read too, because boot loaders and mount tables name file systems by them.
"""

import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from lab.inspection.disk.block_source import BlockSource, read_up_to

EXT_TYPES = ("ext2", "ext3", "ext4")
FAT = "vfat"
SWAP, LVM, LUKS, RAID = "swap", "LVM", "LUKS", "RAID"
POOLS = (LVM, LUKS, RAID, "btrfs")
"""Contents inside of which further file systems can be."""
START_BYTES = 128 << 10
HAS_JOURNAL = 0x4
EXT4_FEATURES = 0x40 | 0x80 | 0x200  # extents, 64 bits, flexible block groups
FURTHER_SIGNATURES = (
    (0, b"hsqs", "squashfs"),
    (0, b"XFSB", "xfs"),
    (3, b"NTFS    ", "ntfs"),
    (3, b"EXFAT   ", "exfat"),
    (1024, struct.pack("<I", 0xF2F52010), "f2fs"),
    (1024, struct.pack("<I", 0xE0F5E1E2), "erofs"),
    (32769, b"CD001", "iso9660"),
    (65600, b"_BHRfS_M", "btrfs"),
)


@dataclass(frozen=True)
class Signature:
    """
    Content of a partition by its signature.

    Attributes:
        type: Name of the type, as blkid has it for file systems.
        label: Label, empty if there is none.
        uuid: Identifier in the form that mount tables use, empty if there is none.
    """

    type: str
    label: str = ""
    uuid: str = ""


def read_signature(source: BlockSource) -> Signature | None:
    """Return what a partition contains, None if that is not known."""
    start = read_up_to(source, 0, START_BYTES).ljust(START_BYTES, b"\0")
    for detect in _DETECTORS:
        if (found := detect(start)) is not None:
            return found
    return None


def is_blank(source: BlockSource) -> bool:
    """Return True if a partition begins with zeros only."""
    return not any(read_up_to(source, 0, START_BYTES))


def _ext(start: bytes) -> Signature | None:
    block = start[1024:2048]
    if block[56:58] != b"\x53\xef":
        return None
    compatible, incompatible = struct.unpack_from("<II", block, 92)
    older = "ext3" if compatible & HAS_JOURNAL else "ext2"
    return Signature("ext4" if incompatible & EXT4_FEATURES else older, _text(block[120:136]), _uuid(block[104:120]))


def _luks(start: bytes) -> Signature | None:
    return Signature(LUKS, uuid=_text(start[168:208])) if start.startswith(b"LUKS\xba\xbe") else None


def _lvm(start: bytes) -> Signature | None:
    has_label = any(start[at : at + 8] == b"LABELONE" for at in range(0, 2048, 512))
    return Signature(LVM) if has_label else None


def _raid(start: bytes) -> Signature | None:
    has_superblock = any(start[at : at + 4] == b"\xfc\x4e\x2b\xa9" for at in (0, 4096))
    return Signature(RAID) if has_superblock else None


def _swap(start: bytes) -> Signature | None:
    if start[4086:4096] not in (b"SWAPSPACE2", b"SWAP-SPACE"):
        return None
    return Signature(SWAP, _text(start[1052:1068]), _uuid(start[1036:1052]))


def _fat(start: bytes) -> Signature | None:
    if start[510:512] != b"\x55\xaa" or start[0] not in (0xEB, 0xE9):
        return None
    for kind, serial_at, label_at in ((82, 67, 71), (54, 39, 43)):
        if start[kind : kind + 3] == b"FAT":
            serial = struct.unpack_from("<I", start, serial_at)[0]
            label = _text(start[label_at : label_at + 11]).strip()
            return Signature(FAT, "" if label == "NO NAME" else label, f"{serial >> 16:04X}-{serial & 0xFFFF:04X}")
    return None


def _further(start: bytes) -> Signature | None:
    for at, magic, name in FURTHER_SIGNATURES:
        if start[at : at + len(magic)] == magic:
            if name == "xfs":
                return Signature(name, _text(start[108:120]), _uuid(start[32:48]))
            if name == "btrfs":
                return Signature(name, _text(start[65835:66091]), _uuid(start[65568:65584]))
            return Signature(name)
    return None


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "backslashreplace")


def _uuid(field: bytes) -> str:
    return str(uuid.UUID(bytes=field)) if any(field) else ""


_DETECTORS: tuple[Callable[[bytes], Signature | None], ...] = (_luks, _lvm, _raid, _swap, _ext, _further, _fat)
"""Containers first, because they may keep traces of a file system that was there before."""
