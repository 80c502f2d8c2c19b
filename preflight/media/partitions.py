"""
GUID partition table of a hybrid ISO file, which states the original size of the file.

Source: UEFI Specification, "GUID Partition Table (GPT) Disk Layout".
"""

import struct
import zlib

BLOCK = 512
_LEAST_HEADER, _MOST_HEADER = 92, 512


def gpt_bytes(head: bytes) -> int:
    """
    Return the size of the disk that a partition table describes.

    Args:
        head: First bytes of the file.

    Returns:
        Bytes up to the end of the backup table, which is in the last block; 0 without a table with a valid checksum.
    """
    header = head[BLOCK : 2 * BLOCK]
    if len(header) < BLOCK or header[:8] != b"EFI PART":
        return 0
    size, checksum = struct.unpack_from("<II", header, 12)
    if not _LEAST_HEADER <= size <= _MOST_HEADER:
        return 0
    if zlib.crc32(header[:16] + bytes(4) + header[20:size]) != checksum:
        return 0
    return (int(struct.unpack_from("<Q", header, 32)[0]) + 1) * BLOCK
