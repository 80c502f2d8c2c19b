"""Content of small files in ext4 that is in the inode itself."""

import struct

from lab.inspection.disk.limits import NotRead

ATTRIBUTES_MAGIC = 0xEA020000
SYSTEM_NAMESPACE = 7
IN_BLOCK_LIST = 60


def inline_content(inode: bytes, blocks: bytes, size: int) -> bytes:
    """
    Return the content of an inode: first in place of its block list, then in its attribute ``system.data``.

    Raises:
        NotRead: The attributes are damaged.
    """
    content = blocks[:IN_BLOCK_LIST] + (_data_attribute(inode) if len(inode) > 128 else b"")
    return content[:size]


def _data_attribute(inode: bytes) -> bytes:
    start = 128 + int(struct.unpack_from("<H", inode, 128)[0])
    if start + 4 > len(inode) or struct.unpack_from("<I", inode, start)[0] != ATTRIBUTES_MAGIC:
        return b""
    first = at = start + 4
    while at + 16 <= len(inode) and any(inode[at : at + 4]):
        name_length, namespace, value_at, _, value_size = struct.unpack_from("<BBHII", inode, at)
        name = inode[at + 16 : at + 16 + name_length]
        if (namespace, name) == (SYSTEM_NAMESPACE, b"data"):
            if first + value_at + value_size > len(inode):
                raise NotRead("the attributes of a file are damaged")
            return inode[first + value_at : first + value_at + value_size]
        at += (16 + name_length + 3) & ~3
    return b""
