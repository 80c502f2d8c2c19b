"""
Reader of ext2, ext3 and ext4 file systems.

A reader of its own needs neither a mount nor a program nor a copy of the disk, and no number on the disk can lead it
out of the limits of Python's memory. The journal is not replayed.

Source: the kernel's documentation of ext4's structures on disk (Documentation/filesystems/ext4).
"""

import struct
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from lab.inspection.disk.block_source import BlockSource
from lab.inspection.disk.ext_blocks import Run, block_runs
from lab.inspection.disk.ext_inline import inline_content
from lab.inspection.disk.limits import MIB, NotRead, Unsupported
from lab.inspection.disk.volume_nodes import CHUNK_BYTES, MAX_ENTRIES, Kind, Node

ROOT_INODE = 2
KINDS: dict[int, Kind] = {0x8000: "file", 0x4000: "folder", 0xA000: "link"}
NEEDS_RECOVERY, META_GROUPS = 0x4, 0x10
SUPPORTED = 0x2 | 0x4 | 0x10 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x20000
SPARSE_SUPERBLOCKS = 0x1
ENCRYPTED, EXTENTS, INLINE = 0x800, 0x80000, 0x10000000
MAX_FOLDER_BYTES = 16 * MIB
MAX_LINK_BYTES = 4096
MAX_CACHED_INODES = 4096


@dataclass(frozen=True)
class Inode:
    """
    Index node, as far as reading needs it.

    Attributes:
        kind: Type bits of its mode.
        size: Size in bytes.
        flags: Flags.
        blocks: The 60 bytes that locate the content, or are it.
        raw: All bytes of the node.
    """

    kind: int
    size: int
    flags: int
    blocks: bytes
    raw: bytes


class ExtVolume:
    """File system ext2, ext3 or ext4."""

    def __init__(self, source: BlockSource) -> None:
        self._source = source
        block = source.read(1024, 1024)
        if block[56:58] != b"\x53\xef":
            raise NotRead("there is no ext superblock")
        self._inode_count, count_low = struct.unpack_from("<II", block, 0)
        self._first, log_size = struct.unpack_from("<II", block, 20)
        self._per_group, self._inodes_per_group = struct.unpack_from("<I4xI", block, 32)
        revision, self._inode_size = struct.unpack_from("<I8xH", block, 76)
        if revision == 0:
            self._inode_size = 128
        self._incompatible, self._read_only = struct.unpack_from("<II", block, 96)
        wide = self._incompatible & 0x80
        self._descriptor = max(struct.unpack_from("<H", block, 254)[0], 64) if wide else 32
        self._first_meta_group = struct.unpack_from("<I", block, 260)[0]
        self._blocks = count_low | (struct.unpack_from("<I", block, 336)[0] << 32 if wide else 0)
        self._check(log_size)
        self._block = 1024 << log_size
        self._inodes: OrderedDict[int, Inode] = OrderedDict()
        self.needs_recovery = bool(self._incompatible & NEEDS_RECOVERY)
        self.is_cut_off = self._blocks * self._block > source.size

    @property
    def root(self) -> Node:
        return self._node(ROOT_INODE)

    def names(self, folder: Node) -> dict[str, int]:
        inode = self._inode(folder.place)
        found: dict[str, int] = {}
        for piece in self._folder_pieces(inode):
            for name, place in _entries(piece):
                found[name] = place
                if len(found) > MAX_ENTRIES:
                    raise NotRead(f"a folder has more than {MAX_ENTRIES} entries")
        return found

    def find(self, folder: Node, name: str) -> Node | None:
        for piece in self._folder_pieces(self._inode(folder.place)):
            for found, place in _entries(piece):
                if found == name:
                    return self._node(place)
        return None

    def chunks(self, file: Node) -> Iterator[bytes]:
        inode = self._inode(file.place)
        if inode.flags & ENCRYPTED:
            raise NotRead("the file is encrypted")
        yield from self._content(inode)

    def target(self, link: Node) -> str:
        inode = self._inode(link.place)
        if inode.size > MAX_LINK_BYTES or inode.flags & ENCRYPTED:
            raise NotRead("a symbolic link is damaged or encrypted")
        is_short = inode.size < 60 and not inode.flags & (EXTENTS | INLINE)
        content = inode.blocks[: inode.size] if is_short else b"".join(self._content(inode))
        return content.decode("utf-8", "surrogateescape")

    def _check(self, log_size: int) -> None:
        if self._incompatible & ~SUPPORTED:
            raise Unsupported(f"it has features that are not supported ({self._incompatible & ~SUPPORTED:#x})")
        plausible = (
            log_size <= 6 and self._per_group and self._inodes_per_group and self._blocks > self._first,
            128 <= self._inode_size <= 4096 and not self._inode_size & (self._inode_size - 1),
            32 <= self._descriptor <= 1024,
        )
        if not all(plausible):
            raise NotRead("its superblock is damaged")

    def _folder_pieces(self, inode: Inode) -> Iterator[bytes]:
        if inode.kind != 0x4000:
            raise NotRead("a folder is damaged")
        if inode.size > MAX_FOLDER_BYTES:
            raise NotRead("a folder is too large")
        if inode.flags & INLINE:
            content = inline_content(inode.raw, inode.blocks, inode.size)
            yield content[4:60]  # after the number of the parent
            yield content[60:]
            return
        # Entries never cross the end of a block, and a block is a whole part of a piece.
        yield from self._content(inode)

    def _content(self, inode: Inode) -> Iterator[bytes]:
        if inode.flags & INLINE:
            yield inline_content(inode.raw, inode.blocks, inode.size)
            return
        left, position = inode.size, 0
        for run in block_runs(self._read_block, inode.blocks, bool(inode.flags & EXTENTS), self._block):
            if run.first < position:
                raise NotRead("the block list of a file is damaged")
            for piece in chain(self._zeros((run.first - position) * self._block), self._run(run)):
                kept = piece[:left]
                left -= len(kept)
                if kept:
                    yield kept
                if not left:
                    return
            position = run.first + run.count
        yield from self._zeros(left)

    def _run(self, run: Run) -> Iterator[bytes]:
        if not run.physical:
            yield from self._zeros(run.count * self._block)
            return
        if run.physical + run.count > self._blocks:
            raise NotRead("the block list of a file is damaged")
        at, left = run.physical * self._block, run.count * self._block
        while left:
            length = min(left, CHUNK_BYTES)
            yield self._source.read(at, length)
            at, left = at + length, left - length

    def _zeros(self, count: int) -> Iterator[bytes]:
        while count > 0:
            self._source.read(0, 0)  # which ends when the time is up
            yield bytes(min(count, CHUNK_BYTES))
            count -= CHUNK_BYTES

    def _read_block(self, number: int) -> bytes:
        if not self._first <= number < self._blocks:
            raise NotRead("the block list of a file is damaged")
        return self._source.read(number * self._block, self._block)

    def _node(self, place: int) -> Node:
        inode = self._inode(place)
        return Node(KINDS.get(inode.kind, "other"), place, inode.size)

    def _inode(self, number: int) -> Inode:
        if number in self._inodes:
            return self._inodes[number]
        if not 1 <= number <= self._inode_count:
            raise NotRead(f"an entry refers to inode {number}, which does not exist")
        group, index = divmod(number - 1, self._inodes_per_group)
        raw = self._source.read(self._table(group) * self._block + index * self._inode_size, self._inode_size)
        mode, size_low, flags = struct.unpack_from("<H2xI24xI", raw, 0)
        size = size_low | (struct.unpack_from("<I", raw, 108)[0] << 32 if mode & 0xF000 in (0x8000, 0x4000) else 0)
        inode = Inode(mode & 0xF000, size, flags, raw[40:100], raw)
        self._inodes[number] = inode
        if len(self._inodes) > MAX_CACHED_INODES:
            self._inodes.popitem(last=False)
        return inode

    def _table(self, group: int) -> int:
        """Return the block at which the inode table of a group begins."""
        per_block = self._block // self._descriptor
        meta, index = divmod(group, per_block)
        if self._incompatible & META_GROUPS and meta >= self._first_meta_group:
            first = meta * per_block
            block = self._first + first * self._per_group + self._has_superblock(first)
        else:
            block = self._first + 1 + meta
        descriptor = self._source.read(block * self._block + index * self._descriptor, self._descriptor)
        table = int(struct.unpack_from("<I", descriptor, 8)[0])
        return table | (struct.unpack_from("<I", descriptor, 40)[0] << 32 if self._descriptor >= 64 else 0)

    def _has_superblock(self, group: int) -> bool:
        if group <= 1 or not self._read_only & SPARSE_SUPERBLOCKS:
            return True
        return any(group == base**power for base in (3, 5, 7) for power in range(1, 32))


def _entries(piece: bytes) -> Iterator[tuple[str, int]]:
    """Yield name and inode of the entries in whole blocks of a folder."""
    at = 0
    while at + 8 <= len(piece):
        inode, length, name_length = struct.unpack_from("<IHB", piece, at)
        if length < 8 or length % 4 or 8 + name_length > length or at + length > len(piece):
            raise NotRead("a folder is damaged")
        name = piece[at + 8 : at + 8 + name_length].decode("utf-8", "surrogateescape")
        if inode and name_length and name not in (".", ".."):
            yield name, inode
        at += length
