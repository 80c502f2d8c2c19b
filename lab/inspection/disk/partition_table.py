"""
Partition tables: GPT, and MBR with logical partitions.

Sources: UEFI specification 2.10, chapter 5 (GPT); the layout of a DOS boot record is common knowledge.
"""

import struct
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from lab.inspection.disk.block_source import BlockSource, read_up_to
from lab.inspection.disk.limits import MIB, NotRead

SECTOR = 512
SECTOR_SIZES = (512, 4096)
MAX_PARTITIONS = 128
MAX_TABLE_BYTES = MIB
BOOT_SIGNATURE = b"\x55\xaa"
PROTECTIVE = 0xEE
EXTENDED = (0x05, 0x0F, 0x85)
EFI_SYSTEM, BIOS_BOOT = "EFI system", "BIOS boot"
GPT_TYPES = {
    "c12a7328-f81f-11d2-ba4b-00a0c93ec93b": EFI_SYSTEM,
    "21686148-6449-6e6f-744e-656564454649": BIOS_BOOT,
    "0fc63daf-8483-4772-8e79-3d69d8477de4": "Linux",
    "4f68bce3-e8cd-4db1-96e7-fbcaf984b709": "Linux root (x86-64)",
    "bc13c2ff-59e6-4262-a352-b275fd6f7172": "Linux extended boot",
    "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f": "Linux swap",
    "e6d6d379-f507-44c2-a23c-238f2a3df928": "Linux LVM",
    "a19d880f-05fc-4d3b-a006-743f0f84911e": "Linux RAID",
    "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7": "Microsoft data",
}
MBR_TYPES = {0x07: "NTFS", 0x0B: "FAT32", 0x0C: "FAT32", 0x0E: "FAT16", 0x82: "Linux swap", 0x83: "Linux"}
MBR_TYPES |= {0x8E: "Linux LVM", 0xEF: EFI_SYSTEM, 0xFD: "Linux RAID", PROTECTIVE: "GPT", 0x06: "FAT16"}


@dataclass(frozen=True)
class Partition:
    """
    Partition of a disk.

    Attributes:
        number: Number of the partition, which is part of its device's name.
        start: First byte.
        size: Size in bytes.
        type: Name of the type, or its number if it has none.
        name: Name in the table (GPT only).
        uuid: Value of PARTUUID.
        is_active: True if the BIOS boot code starts this partition (MBR only).
    """

    number: int
    start: int
    size: int
    type: str
    name: str
    uuid: str
    is_active: bool = False


@dataclass(frozen=True)
class TableProblem:
    """
    Damage of a partition table.

    Attributes:
        clause: Clause on what is wrong.
        is_grave: True if a part of the disk is missing, or its partitions are not known.
    """

    clause: str
    is_grave: bool = False


@dataclass
class PartitionTable:
    """
    Partitions of a disk.

    Attributes:
        scheme: Kind of the table, None if there is none.
        partitions: Partitions in the order of the table.
        problems: Damage of the table.
    """

    scheme: Literal["gpt", "mbr"] | None = None
    partitions: list[Partition] = field(default_factory=list)
    problems: list[TableProblem] = field(default_factory=list)

    def add_problem(self, clause: str, *, is_grave: bool = False) -> None:
        """Add damage to the description of the table."""
        self.problems.append(TableProblem(clause, is_grave))


def read_table(disk: BlockSource) -> PartitionTable:
    """Return the partition table of a disk."""
    first = read_up_to(disk, 0, SECTOR)
    table = _read_gpt(disk)
    if table is None:
        table = _read_mbr(disk, first)
    _check_places(table, disk.size)
    return table


def _read_gpt(disk: BlockSource) -> PartitionTable | None:
    """Return the GPT at the start of a disk, else its copy at the end, None if there is neither."""
    damaged = False
    for sector in SECTOR_SIZES:
        for place in (sector, disk.size - sector):
            header = read_up_to(disk, place, SECTOR) if place > 0 else b""
            if not header.startswith(b"EFI PART"):
                continue
            try:
                table = _gpt_at(disk, header, sector)
            except NotRead:
                damaged = True
                continue
            if place == sector and struct.unpack_from("<Q", header, 32)[0] * sector >= disk.size:
                table.add_problem("the copy of the GPT lies beyond the end of the disk", is_grave=True)
            if place != sector:
                table.add_problem("the GPT at the start of the disk is damaged or missing, its copy was read")
            return table
    if not damaged:
        return None
    return PartitionTable("gpt", problems=[TableProblem("the GPT is damaged, and so is its copy", is_grave=True)])


def _gpt_at(disk: BlockSource, header: bytes, sector: int) -> PartitionTable:
    size, checksum = struct.unpack_from("<II", header, 12)
    entries_at, count, entry_size, entries_checksum = struct.unpack_from("<QIII", header, 72)
    if not 92 <= size <= SECTOR or zlib.crc32(header[:16] + bytes(4) + header[20:size]) != checksum:
        raise NotRead("its header is damaged")
    if entry_size < 128 or count * entry_size > MAX_TABLE_BYTES:
        raise NotRead("its header is damaged")
    entries = disk.read(entries_at * sector, count * entry_size)
    if zlib.crc32(entries) != entries_checksum:
        raise NotRead("its entries are damaged")
    table = PartitionTable("gpt")
    for number in range(count):
        entry = entries[number * entry_size : (number + 1) * entry_size]
        if any(entry[:16]) and len(table.partitions) < MAX_PARTITIONS:
            table.partitions.append(_gpt_partition(number + 1, entry, sector))
    return table


def _gpt_partition(number: int, entry: bytes, sector: int) -> Partition:
    kind, own = (str(uuid.UUID(bytes_le=entry[at : at + 16])) for at in (0, 16))
    first, last = struct.unpack_from("<QQ", entry, 32)
    name = entry[56:128].decode("utf-16-le", "replace").partition("\0")[0]
    return Partition(number, first * sector, max(last - first + 1, 0) * sector, GPT_TYPES.get(kind, kind), name, own)


def _read_mbr(disk: BlockSource, first: bytes) -> PartitionTable:
    entries = list(_mbr_entries(first))
    used = [entry for entry in entries if entry[1]]
    if first[510:512] != BOOT_SIGNATURE or not used or any(flag not in (0, 0x80) for flag, *_ in entries):
        return PartitionTable()  # the first sector of a file system has such a signature, too
    table, disk_id = PartitionTable("mbr"), struct.unpack_from("<I", first, 440)[0]
    for number, (flag, kind, start, sectors) in enumerate(entries, start=1):
        if kind in EXTENDED:
            _add_logical(table, disk, start, disk_id)
        elif kind and sectors:
            table.partitions.append(_mbr_partition(number, flag, kind, start, sectors, disk_id))
    table.partitions.sort(key=lambda each: each.number)
    if any(kind == PROTECTIVE for _, kind, *_ in used):
        table.add_problem("the MBR announces a GPT, which is missing")
    return table


def _add_logical(table: PartitionTable, disk: BlockSource, extended: int, disk_id: int) -> None:
    """Add the partitions of the chain of records that an extended partition holds."""
    seen, record, number = set[int](), extended, 5
    while True:
        if record in seen or len(seen) == MAX_PARTITIONS:
            table.add_problem("the chain of logical partitions has no end", is_grave=True)
            return
        seen.add(record)
        content = read_up_to(disk, record * SECTOR, SECTOR)
        if content[510:512] != BOOT_SIGNATURE:
            table.add_problem("the chain of logical partitions is broken")
            return
        (flag, kind, start, sectors), (_, next_kind, next_start, _), *_ = _mbr_entries(content)
        if kind and sectors:
            table.partitions.append(_mbr_partition(number, flag, kind, record + start, sectors, disk_id))
            number += 1
        if next_kind not in EXTENDED or not next_start:
            return
        record = extended + next_start


def _mbr_entries(record: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield flag, type, first sector and sectors of the four entries of a record."""
    for at in range(446, 510, 16):
        flag, kind, start, sectors = struct.unpack_from("<B3xB3xII", record.ljust(SECTOR, b"\0"), at)
        yield flag, kind, start, sectors


def _mbr_partition(number: int, flag: int, kind: int, start: int, sectors: int, disk_id: int) -> Partition:
    name = MBR_TYPES.get(kind, f"{kind:#04x}")
    return Partition(
        number, start * SECTOR, sectors * SECTOR, name, "", f"{disk_id:08x}-{number:02x}", is_active=flag == 0x80
    )


def _check_places(table: PartitionTable, size: int) -> None:
    end, before = 0, 0
    for partition in sorted(table.partitions, key=lambda each: each.start):
        if partition.start + partition.size > size:
            table.add_problem(f"partition {partition.number} ends beyond the end of the disk", is_grave=True)
        elif partition.start < end:
            table.add_problem(f"partition {partition.number} overlaps partition {before}")
        end, before = max(end, partition.start + partition.size), partition.number
