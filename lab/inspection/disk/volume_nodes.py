"""Interface of the file systems that an inspection reads, and the limits that all of them keep."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

MAX_ENTRIES = 50_000
"""Entries of a folder that are read; a larger folder is refused."""
CHUNK_BYTES = 256 << 10


Kind = Literal["file", "folder", "link", "other"]


@dataclass(frozen=True)
class Node:
    """
    File, folder or link of a file system.

    Attributes:
        kind: Kind of the node.
        place: Number by which its file system finds it.
        size: Size in bytes.
    """

    kind: Kind
    place: int
    size: int


class Volume(Protocol):
    """
    File system that can be read.

    Attributes:
        root: Folder at the top.
    """

    @property
    def root(self) -> Node: ...

    def names(self, folder: Node) -> dict[str, int]:
        """
        Return the places of a folder's entries by their names, without ``.`` and ``..``.

        Raises:
            NotRead: The folder is damaged, or too large.
        """

    def find(self, folder: Node, name: str) -> Node | None:
        """
        Return an entry of a folder, None if it has none of that name.

        Raises:
            NotRead: The folder or the entry is damaged.
        """

    def chunks(self, file: Node) -> Iterator[bytes]:
        """
        Yield the content of a file in pieces, as far as the caller needs them.

        Raises:
            NotRead: The file is damaged, or encrypted.
        """

    def target(self, link: Node) -> str:
        """
        Return the path that a symbolic link names.

        Raises:
            NotRead: The link is damaged.
        """
