"""
Reader of qcow2 files, the format of the lab's disks.

It is a reader of its own because a disk need not be converted for it: an inspection reads a few MiB of it. Files that
name other files are refused, so nothing but the image file is ever opened.

Source: the specification of the format, docs/interop/qcow2.rst in the sources of QEMU.
"""

import array
import struct
import sys
import zlib
from collections import OrderedDict
from typing import BinaryIO

from lab.inspection.disk.block_source import check_range
from lab.inspection.disk.limits import MIB, Budget, NotRead, Truncated

MAGIC = b"QFI\xfb"
EXTERNAL_DATA_FILE, COMPRESSION_TYPE, EXTENDED_L2 = 1 << 2, 1 << 3, 1 << 4
KNOWN_FEATURES = 0b11 | COMPRESSION_TYPE
OFFSET_BITS = 0x00FF_FFFF_FFFF_FE00
COMPRESSED = 1 << 62
ALL_ZEROS = 1
MAX_L1_BYTES = 4 * MIB
"""Covers 256 TiB with the usual clusters of 64 KiB."""
MAX_CACHED_TABLES = 16


class Qcow2Blocks:
    """Disk in a qcow2 file without backing file, encryption or extended L2 entries."""

    def __init__(self, file: BinaryIO, file_size: int, budget: Budget) -> None:
        self._file, self._file_size, self._budget = file, file_size, budget
        header = self._at(0, min(file_size, 112)).ljust(112, b"\0")
        fields: tuple[int, ...] = struct.unpack_from(">IQIIQIIQ", header, 4)
        version, backing, _, self._bits, self.size, encryption, l1_entries, l1_offset = fields
        features = struct.unpack_from(">Q", header, 72)[0] if version >= 3 else 0
        self._is_zlib = not features & COMPRESSION_TYPE or header[104] == 0
        _check_header(version, backing, self._bits, encryption, features)
        self._cluster = 1 << self._bits
        self._l2_entries = self._cluster // 8
        if l1_entries * 8 > MAX_L1_BYTES or self.size > l1_entries * self._l2_entries * self._cluster:
            raise NotRead("the tables of the qcow2 file do not fit its size")
        self._l1 = self._table(l1_offset, l1_entries * 8)
        self._l2: OrderedDict[int, array.array[int]] = OrderedDict()

    def read(self, offset: int, length: int) -> bytes:
        check_range(self, offset, length)
        pieces = []
        while length:
            within = offset % self._cluster
            count = min(self._cluster - within, length)
            pieces.append(self._piece(self._entry(offset), within, count))
            offset, length = offset + count, length - count
        return b"".join(pieces)

    def missing_clusters(self) -> int:
        """Return the number of clusters that the tables name and that lie beyond the end of the file."""
        missing = 0
        for table in {entry & OFFSET_BITS for entry in self._l1} - {0}:
            try:
                entries = self._table(table, self._cluster)
            except Truncated:
                missing += 1
                continue
            missing += sum(1 for entry in set(entries) if self._place(entry) >= self._file_size)
        return missing

    def _place(self, entry: int) -> int:
        if entry & COMPRESSED:
            return entry & ((1 << (70 - self._bits)) - 1)
        return entry & OFFSET_BITS

    def _entry(self, offset: int) -> int:
        """Return the table entry of the cluster at an offset of the disk, 0 if it was never written."""
        place, index = divmod(offset >> self._bits, self._l2_entries)
        table = self._l1[place] & OFFSET_BITS
        if not table:
            return 0
        if table not in self._l2:
            self._l2[table] = self._table(table, self._cluster)
            if len(self._l2) > MAX_CACHED_TABLES:
                self._l2.popitem(last=False)
        self._l2.move_to_end(table)
        return self._l2[table][index]

    def _piece(self, entry: int, within: int, count: int) -> bytes:
        if entry & COMPRESSED:
            return self._inflated(entry)[within : within + count]
        if not entry & OFFSET_BITS or entry & ALL_ZEROS:
            self._budget.spend()
            return bytes(count)
        place = entry & OFFSET_BITS
        if place >= self._file_size:
            raise Truncated(f"the image file ends before byte {place}")
        # The last cluster of a file may be cut off behind what was written into it.
        return self._at(place + within, count).ljust(count, b"\0")

    def _inflated(self, entry: int) -> bytes:
        if not self._is_zlib:
            raise NotRead("a cluster is compressed with zstd")
        place, shift = self._place(entry), 70 - self._bits
        sectors = (entry >> shift & ((1 << (self._bits - 8)) - 1)) + 1
        packed = self._at(place, sectors * 512 - place % 512)
        try:
            content = zlib.decompressobj(-15).decompress(packed, self._cluster)
        except zlib.error:
            raise NotRead(f"the compressed cluster at byte {place} of the image file is damaged") from None
        return content.ljust(self._cluster, b"\0")

    def _table(self, offset: int, length: int) -> "array.array[int]":
        content = self._at(offset, length)
        if len(content) < length:
            raise Truncated(f"the image file ends before byte {offset + length}")
        table = array.array("Q", content)
        if sys.byteorder == "little":
            table.byteswap()
        return table

    def _at(self, offset: int, length: int) -> bytes:
        self._budget.spend(length)
        if offset >= self._file_size:  # which also means that a file can have no such offset
            return b""
        self._file.seek(offset)
        return self._file.read(length)


def _check_header(version: int, backing: int, bits: int, encryption: int, features: int) -> None:
    if version not in (2, 3) or not 9 <= bits <= 21:
        raise NotRead("the header of the qcow2 file is damaged")
    if backing or features & EXTERNAL_DATA_FILE:
        raise NotRead("the qcow2 file refers to another file, which is never opened")
    if encryption:
        raise NotRead("the qcow2 file is encrypted")
    if features & ~KNOWN_FEATURES:
        raise NotRead(f"the qcow2 file has features that are not supported ({features:#x})")
