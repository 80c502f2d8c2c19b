"""Names of an ISO 9660 medium without extensions, which isolinux before version 6 reads."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

SECTOR = 2048
MAX_RECORDS = 200_000
FOLDER, CONTINUED = 0x02, 0x80
ROOT_RECORD = 156
"""Place of the root folder's record in the primary descriptor."""


@dataclass(frozen=True)
class PlainNames:
    """
    Style of names, so that a new session writes the same ones.

    Attributes:
        lowercase: True if there are lower-case letters, as xorriso writes them.
        short: True if all names have the form 8.3, and no file is so large that it has several parts.
    """

    lowercase: bool
    short: bool

    @property
    def rules(self) -> list[str]:
        """Return the rules for xorriso's -compliance."""
        lowercase = ["lowercase", "7bit_ascii"] if self.lowercase else []
        return ["allow_dir_id_ext", *lowercase, *(["iso_9660_level=1"] if self.short else [])]


def plain_names(file: BinaryIO, primary: bytes) -> PlainNames:
    """Return the style of the names of a medium, from all folders of its primary tree."""
    lowercase, short = False, True
    for flags, name in _records(file, primary[ROOT_RECORD:]):
        base, _, extension = name.partition(b";")[0].partition(b".")
        lowercase = lowercase or bool(re.search(rb"[a-z]", name))
        short = short and len(base) <= 8 and len(extension) <= 3 and not flags & CONTINUED
    return PlainNames(lowercase, short)


def _records(file: BinaryIO, root: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield flags and name of each record below a folder's record."""
    folders, seen, count = [root], set(), 0
    while folders:
        start, size = (struct.unpack_from("<I", folders[-1], place)[0] for place in (2, 10))
        folders.pop()
        if start in seen:
            continue
        seen.add(start)
        for record in _records_of(file, start, size):
            count += 1
            if count > MAX_RECORDS:
                return
            name = record[33 : 33 + record[32]]
            if name not in (b"\0", b"\1"):
                yield record[25], name
                if record[25] & FOLDER:
                    folders.append(record)


def _records_of(file: BinaryIO, start: int, size: int) -> Iterator[bytes]:
    for sector in range(start, start + -(-size // SECTOR)):
        file.seek(sector * SECTOR)
        content = file.read(SECTOR)
        offset = 0
        while offset + 33 < len(content) and content[offset] > 33:
            yield content[offset : offset + content[offset]]
            offset += content[offset]
