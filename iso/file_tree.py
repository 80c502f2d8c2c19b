"""Tree of files in memory, written as a cpio archive that is the same on every machine."""

import gzip
import io
import stat
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath


@dataclass(frozen=True)
class Entry:
    """File of a tree: st_mode with its type bits, and its bytes (for a symbolic link, the target)."""

    mode: int
    content: bytes = b""


@dataclass
class Tree:
    """Files by their path without a leading slash, all owned by root; parents are created automatically."""

    entries: dict[str, Entry] = field(default_factory=dict)

    def directory(self, path: str, permissions: int = 0o755) -> None:
        for parent in reversed(PurePosixPath(path).parents):
            if str(parent) != ".":
                self.entries.setdefault(str(parent), Entry(stat.S_IFDIR | 0o755))
        self.entries[path] = Entry(stat.S_IFDIR | permissions)

    def file(self, path: str, content: bytes, permissions: int = 0o644) -> None:
        self._parents(path)
        self.entries[path] = Entry(stat.S_IFREG | permissions, content)

    def link(self, path: str, target: str) -> None:
        self._parents(path)
        self.entries[path] = Entry(stat.S_IFLNK | 0o777, target.encode())

    def folder(self, source: Path, path: str = "") -> None:
        """Add a folder of this project; a file that starts with `#!` becomes executable."""
        for found in sorted(file for file in source.rglob("*") if file.is_file()):
            content = found.read_bytes()
            name = str(PurePosixPath(path, found.relative_to(source).as_posix()))
            self.file(name, content, 0o755 if content.startswith(b"#!") else 0o644)

    def graft(self, other: "Tree", path: str) -> None:
        """Add another tree under a path of this one."""
        self.directory(path)
        for name, entry in other.entries.items():
            self.entries[f"{path}/{name}"] = entry

    def _parents(self, path: str) -> None:
        parent = str(PurePosixPath(path).parent)
        if parent != "." and parent not in self.entries:
            self.directory(parent)


def cpio(tree: Tree, epoch: int) -> bytes:
    """
    Return the tree as a compressed archive in the kernel's initramfs format ("newc").

    Args:
        epoch: Modification time of every file, in seconds since 1970.
    """
    archive = io.BytesIO()
    for number, (path, entry) in enumerate(sorted(tree.entries.items()), start=1):
        _write(archive, number, path, entry, epoch)
    _write(archive, 0, "TRAILER!!!", Entry(0), 0)
    return gzip.compress(archive.getvalue(), compresslevel=6, mtime=0)


def _write(archive: io.BytesIO, number: int, path: str, entry: Entry, epoch: int) -> None:
    name = path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(entry.mode) else 1
    fields = (number, entry.mode, 0, 0, links, epoch, len(entry.content), 0, 0, 0, 0, len(name), 0)
    archive.write(b"070701" + b"".join(b"%08X" % value for value in fields) + name)
    _align(archive)
    archive.write(entry.content)
    _align(archive)


def _align(archive: io.BytesIO) -> None:
    archive.write(bytes(-archive.tell() % 4))
