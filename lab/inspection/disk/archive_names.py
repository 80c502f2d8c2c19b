"""
Names of the files in an initial RAM file system: successive cpio archives, of which the last is usually compressed.

Nothing is unpacked to a disk. Python has no decompressors for zstd and lz4, so the programs of these names are called.

Source: the kernel's documentation of the buffer format (Documentation/driver-api/early-userspace).
"""

import bz2
import lzma
import shutil
import subprocess
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Protocol

from lab.inspection.disk.limits import MIB, Budget, NotRead

MAX_NAME_BYTES = 4096
MAX_FILES = 200_000
PIECE_BYTES = 256 << 10
LZMA_MEMORY = 256 * MIB
HEADER_BYTES = 110
PADDING_BYTES = 64 << 10
PROGRAM_FOLDERS = "/usr/local/bin:/usr/bin:/bin"


class Decompressor(Protocol):
    """Decompressor of the standard library."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Gzip:
    """Decompressor of gzip with the interface of the others."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=47)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


OWN: dict[bytes, tuple[str, Callable[[], Decompressor]]] = {
    b"\x1f\x8b": ("gzip", _Gzip),
    b"\xfd7zXZ": ("xz", lambda: lzma.LZMADecompressor(memlimit=LZMA_MEMORY)),
    b"\x5d\x00\x00": ("lzma", lambda: lzma.LZMADecompressor(memlimit=LZMA_MEMORY)),
    b"BZh": ("bzip2", bz2.BZ2Decompressor),
}
PROGRAMS = {b"\x28\xb5\x2f\xfd": "zstd", b"\x02\x21\x4c\x18": "lz4", b"\x04\x22\x4d\x18": "lz4"}


class _Stream:
    """Bytes that arrive in pieces."""

    def __init__(self, pieces: Iterator[bytes], budget: Budget) -> None:
        self._pieces, self._budget = pieces, budget
        self._kept, self._at, self.position = b"", 0, 0

    def peek(self, count: int) -> bytes:
        """Return the next bytes, fewer at the end, and leave them there."""
        while len(self._kept) - self._at < count and (piece := next(self._pieces, None)) is not None:
            self._budget.spend(len(piece))
            self._kept, self._at = self._kept[self._at :] + piece, 0
        return self._kept[self._at : self._at + count]

    def skip(self, count: int) -> None:
        """
        Drop the next bytes.

        Raises:
            NotRead: There are fewer.
        """
        self.position += count
        while count > len(self._kept) - self._at:
            count -= len(self._kept) - self._at
            self._kept, self._at = b"", 0
            if not self.peek(1):
                raise NotRead("the archive is cut off")
        self._at += count

    def rest(self) -> Iterator[bytes]:
        yield self._kept[self._at :]
        yield from self._pieces


def archive_names(pieces: Iterator[bytes], budget: Budget, compressions: list[str]) -> Iterator[str]:
    """
    Yield the names of all files in an initial RAM file system.

    Args:
        pieces: Content of its file.
        budget: Budget of the inspection.
        compressions: Names of the compressions, to which those that are found are added.

    Raises:
        NotRead: An archive is damaged, or its compression is not supported.
        LimitReached: The budget is used up.
    """
    stream, count = _Stream(pieces, budget), 0
    while start := stream.peek(6):
        if start[0] == 0:
            padded = stream.peek(PADDING_BYTES)
            stream.skip(len(padded) - len(padded.lstrip(b"\0")))
        elif start in (b"070701", b"070702"):
            for name in _cpio_names(stream):
                count += 1
                if count > MAX_FILES:
                    raise NotRead(f"the archive has more than {MAX_FILES} files")
                yield name
        else:
            name, unpacked = _unpacked(start, stream.rest(), budget)
            if name in compressions:
                raise NotRead("an archive is compressed twice")
            compressions.append(name)
            stream = _Stream(unpacked, budget)


def _cpio_names(stream: _Stream) -> Iterator[str]:
    stream.position = 0
    while True:
        header = stream.peek(HEADER_BYTES)
        try:
            size, name_size = int(header[54:62], 16), int(header[94:102], 16)
        except ValueError:
            raise NotRead("the archive is damaged") from None
        if header[:5] != b"07070" or not 0 < name_size <= MAX_NAME_BYTES or size < 0:
            raise NotRead("the archive is damaged")
        stream.skip(HEADER_BYTES)
        name = stream.peek(name_size)[:-1].decode("utf-8", "backslashreplace")
        stream.skip(name_size)
        stream.skip(-stream.position % 4)
        if name == "TRAILER!!!":
            return
        stream.skip(size)
        stream.skip(-stream.position % 4)
        yield name


def _unpacked(start: bytes, packed: Iterator[bytes], budget: Budget) -> tuple[str, Iterator[bytes]]:
    for magic, (name, create) in OWN.items():
        if start.startswith(magic):
            return name, _by_library(create(), packed, budget)
    for magic, program in PROGRAMS.items():
        if start.startswith(magic):
            path = shutil.which(program, path=PROGRAM_FOLDERS)
            if path is None:
                raise NotRead(f"it is compressed with {program}, and the program {program} is not installed")
            return program, _by_program(path, packed, budget)
    raise NotRead("it is no cpio archive, or its compression is not supported")


def _by_library(decompressor: Decompressor, packed: Iterator[bytes], budget: Budget) -> Iterator[bytes]:
    """Yield pieces of bounded size, however much a few compressed bytes stand for."""
    try:
        for piece in packed:
            data = piece
            while True:
                budget.spend()
                yield decompressor.decompress(data, PIECE_BYTES)
                data = b""
                if decompressor.eof:
                    return
                if decompressor.needs_input:
                    break
    except (zlib.error, lzma.LZMAError, OSError, EOFError):
        raise NotRead("the compressed archive is damaged") from None
    raise NotRead("the compressed archive is cut off")


def _by_program(path: str, packed: Iterator[bytes], budget: Budget) -> Iterator[bytes]:
    """Yield what a decompressor writes; it is killed when the time is up, or when the rest is not needed."""
    process = subprocess.Popen(
        [path, "-d", "-c", "-q"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": PROGRAM_FOLDERS, "LC_ALL": "C"},
    )
    assert process.stdout
    timer = threading.Timer(budget.seconds_left, process.kill)
    failures: list[Exception] = []
    feeder = threading.Thread(target=_feed, args=(process, packed, failures), daemon=True)
    timer.start()
    feeder.start()
    try:
        while piece := process.stdout.read(PIECE_BYTES):
            yield piece
        status = process.wait()
    finally:
        process.kill()
        process.stdout.close()
        feeder.join()
        process.wait()
        timer.cancel()
    budget.spend()
    if failures:
        raise failures[0]
    if status:
        raise NotRead("the compressed archive is damaged or cut off")


def _feed(process: "subprocess.Popen[bytes]", packed: Iterator[bytes], failures: list[Exception]) -> None:
    assert process.stdin
    with suppress(BrokenPipeError), process.stdin:
        try:
            for piece in packed:
                process.stdin.write(piece)
        except BrokenPipeError:
            return  # the program has ended, or was ended
        except Exception as error:  # raised again where the result is used
            failures.append(error)
