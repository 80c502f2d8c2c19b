"""
Reader of FAT12, FAT16 and FAT32 file systems, which EFI system partitions are.

Source: Microsoft's FAT32 File System Specification 1.03, and chapter 13.3 of the UEFI specification.
"""

import struct
from collections.abc import Iterator

from lab.inspection.disk.block_source import BlockSource
from lab.inspection.disk.limits import MIB, NotRead
from lab.inspection.disk.volume_nodes import Node

FOLDER, VOLUME_LABEL, LONG_NAME = 0x10, 0x08, 0x0F
MAX_FOLDER_BYTES = 2 * MIB
"""Largest folder of the specification: 65,536 entries."""
DELETED, END = 0xE5, 0x00
ENTRY_BYTES = 32
FIXED_ROOT = 0
"""Place of the root folder of FAT12 and FAT16, which is in no cluster."""


class FatVolume:
    """File system FAT12, FAT16 or FAT32; names are compared without regard to case."""

    def __init__(self, source: BlockSource) -> None:
        self._source = source
        boot = source.read(0, 512)
        fields: tuple[int, ...] = struct.unpack_from("<HBHBHHxH8xII", boot, 11)
        sector, per_cluster, reserved, tables, root_entries, total_16, table_16, total_32, table_32 = fields
        if sector not in (512, 1024, 2048, 4096) or per_cluster not in (1, 2, 4, 8, 16, 32, 64, 128) or not tables:
            raise NotRead("its boot sector is damaged")
        self._table_at = reserved * sector
        self._table_size = (table_16 or table_32) * sector
        self._root_at = self._table_at + tables * self._table_size
        self._root_size = root_entries * ENTRY_BYTES
        self._data_at = self._root_at + -(-self._root_size // sector) * sector
        self._cluster = per_cluster * sector
        self._clusters = ((total_16 or total_32) * sector - self._data_at) // self._cluster
        if self._clusters <= 0:
            raise NotRead("its boot sector is damaged")
        self._bits = 12 if self._clusters < 4085 else 16 if self._clusters < 65525 else 32
        root = struct.unpack_from("<I", boot, 44)[0] if self._bits == 32 else FIXED_ROOT
        self.root = Node("folder", root, 0)

    def names(self, folder: Node) -> dict[str, int]:
        return {name: node.place for name, node in self._listed(folder)}

    def find(self, folder: Node, name: str) -> Node | None:
        wanted = name.casefold()
        return next((node for found, node in self._listed(folder) if found.casefold() == wanted), None)

    def chunks(self, file: Node) -> Iterator[bytes]:
        left = file.size
        for cluster in self._chain(file.place):
            if not left:
                return
            yield self._source.read(self._place(cluster), min(left, self._cluster))
            left -= min(left, self._cluster)
        if left:
            raise NotRead("the cluster chain of a file is damaged")

    def target(self, link: Node) -> str:
        raise NotRead("FAT has no symbolic links")

    def _listed(self, folder: Node) -> Iterator[tuple[str, Node]]:
        """Yield the entries of a folder by their long names if they have one, else by their short ones."""
        long_name = ""
        for entry in self._entries(folder):
            if entry[0] == DELETED:
                long_name = ""
            elif entry[11] == LONG_NAME:
                part = (entry[1:11] + entry[14:26] + entry[28:32]).decode("utf-16-le", "replace")
                long_name = part.partition("\0")[0] + long_name
            elif not entry[11] & VOLUME_LABEL:
                high, low, size = struct.unpack_from("<H4xHI", entry, 20)
                name, long_name = long_name or _short_name(entry), ""
                if name not in (".", ".."):
                    yield name, Node("folder" if entry[11] & FOLDER else "file", high << 16 | low, size)
            else:
                long_name = ""

    def _entries(self, folder: Node) -> Iterator[bytes]:
        for piece in self._pieces(folder):
            for at in range(0, len(piece), ENTRY_BYTES):
                if piece[at] == END:
                    return
                yield piece[at : at + ENTRY_BYTES]

    def _pieces(self, folder: Node) -> Iterator[bytes]:
        if folder.place == FIXED_ROOT:
            if self._bits == 32:
                raise NotRead("a folder is damaged")
            yield self._source.read(self._root_at, self._root_size)
            return
        total = 0
        for cluster in self._chain(folder.place):
            yield self._source.read(self._place(cluster), self._cluster)
            total += self._cluster
            if total > MAX_FOLDER_BYTES:
                raise NotRead("the cluster chain of a folder has no end")

    def _chain(self, cluster: int) -> Iterator[int]:
        """Yield a chain of clusters; a caller ends it at the size that it expects, because chains may be circles."""
        while 2 <= cluster < self._clusters + 2:
            yield cluster
            cluster = self._next(cluster)

    def _next(self, cluster: int) -> int:
        at = cluster * self._bits // 8
        if at >= self._table_size:
            raise NotRead("the cluster chain of a file is damaged")
        value = int(struct.unpack("<I", self._source.read(self._table_at + at, 4))[0])
        if self._bits == 12:
            return (value >> 4 if cluster % 2 else value) & 0xFFF
        return value & (0xFFFF if self._bits == 16 else 0x0FFF_FFFF)

    def _place(self, cluster: int) -> int:
        return self._data_at + (cluster - 2) * self._cluster


def _short_name(entry: bytes) -> str:
    base, extension = (entry[a:b].decode("cp437").rstrip() for a, b in ((0, 8), (8, 11)))
    return f"{base}.{extension}" if extension else base
