"""Sources of bytes: a raw image file, and a section of another source, such as a partition."""

from typing import BinaryIO, Protocol

from lab.inspection.disk.limits import MAX_REQUEST_BYTES, Budget, NotRead, Truncated


class BlockSource(Protocol):
    """
    Bytes of a disk or of a part of it.

    Attributes:
        size: Size in bytes.
    """

    @property
    def size(self) -> int: ...

    def read(self, offset: int, length: int) -> bytes:
        """
        Return exactly ``length`` bytes.

        Raises:
            NotRead: They lie outside, or cannot be read.
            LimitReached: The inspection has used its budget.
        """


class RawBlocks:
    """Disk whose image file is the disk byte for byte."""

    def __init__(self, file: BinaryIO, size: int, budget: Budget) -> None:
        self._file, self.size, self._budget = file, size, budget

    def read(self, offset: int, length: int) -> bytes:
        check_range(self, offset, length)
        self._budget.spend(length)
        self._file.seek(offset)
        content = self._file.read(length)
        if len(content) < length:
            raise Truncated(f"the image file ends before byte {offset + length}")
        return content


class Section:
    """Part of another source, which is cut off where that ends."""

    def __init__(self, source: BlockSource, start: int, size: int) -> None:
        self._source, self._start, self.size = source, start, size

    def read(self, offset: int, length: int) -> bytes:
        check_range(self, offset, length)
        return self._source.read(self._start + offset, length)


def check_range(source: BlockSource, offset: int, length: int) -> None:
    """
    Check the place of bytes that are requested.

    Raises:
        NotRead: The place is outside of the source, or too much is requested at once.
    """
    if length > MAX_REQUEST_BYTES or length < 0:
        raise NotRead(f"a structure of {length} bytes is too large")
    if offset < 0 or offset + length > source.size:
        raise Truncated(f"byte {offset + length} lies outside of its {source.size} bytes")


def read_up_to(source: BlockSource, offset: int, length: int) -> bytes:
    """Return as many of the bytes as the source has."""
    return source.read(offset, max(min(length, source.size - offset), 0)) if offset <= source.size else b""
