"""Block lists of files in ext2, ext3 and ext4: trees of extents, and the older indirect blocks."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lab.inspection.disk.limits import NotRead

EXTENT_MAGIC = 0xF30A
MAX_DEPTH = 5
UNWRITTEN = 32768
"""Longest written extent; a longer one is unwritten, and its length is larger by this number."""
DIRECT = 12


@dataclass(frozen=True)
class Run:
    """
    Successive blocks of a file.

    Attributes:
        first: Number of the first block within the file.
        physical: Number of its first block on the disk, 0 if they are zeros that occupy no space.
        count: Number of blocks.
    """

    first: int
    physical: int
    count: int


def block_runs(read: Callable[[int], bytes], root: bytes, has_extents: bool, block_size: int) -> Iterator[Run]:
    """
    Yield the blocks of a file in order, as far as the caller needs them.

    Args:
        read: Reader of one block of the disk.
        root: The 60 bytes of the inode that locate the blocks.
        has_extents: True for a tree of extents.
        block_size: Size of a block in bytes.

    Raises:
        NotRead: The list is damaged.
    """
    if has_extents:
        return _extents(read, root, MAX_DEPTH)
    return _indirect(read, root, block_size // 4)


def _extents(read: Callable[[int], bytes], node: bytes, highest_depth: int) -> Iterator[Run]:
    magic, count, _, depth = struct.unpack_from("<HHHH", node, 0)
    if magic != EXTENT_MAGIC or depth > highest_depth or 12 * (count + 1) > len(node):
        raise NotRead("the block list of a file is damaged")
    for at in range(12, 12 * (count + 1), 12):
        if depth:
            low, high = struct.unpack_from("<4xIH", node, at)
            yield from _extents(read, read(high << 32 | low), depth - 1)
        else:
            first, length, high, low = struct.unpack_from("<IHHI", node, at)
            is_written = length <= UNWRITTEN
            yield Run(first, high << 32 | low if is_written else 0, length if is_written else length - UNWRITTEN)


def _indirect(read: Callable[[int], bytes], root: bytes, per_block: int) -> Iterator[Run]:
    numbers = struct.unpack_from("<15I", root, 0)
    yield from (Run(place, number, 1) for place, number in enumerate(numbers[:DIRECT]))
    first = DIRECT
    for depth, number in enumerate(numbers[DIRECT:], start=1):
        yield from _indirect_runs(read, number, depth, first, per_block)
        first += per_block**depth


def _indirect_runs(read: Callable[[int], bytes], number: int, depth: int, first: int, per_block: int) -> Iterator[Run]:
    if depth == 0 or number == 0:
        yield Run(first, number, per_block**depth)
        return
    step = per_block ** (depth - 1)
    for place, below in enumerate(struct.unpack(f"<{per_block}I", read(number))):
        yield from _indirect_runs(read, below, depth - 1, first + place * step, per_block)
