"""Files of an installed system by their paths, across its file systems, with all limits of a hostile disk."""

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from lab.inspection.disk.limits import NotRead
from lab.inspection.disk.volume_nodes import Node, Volume

MAX_LINKS = 40
MAX_STEPS = 512
"""Names that are followed for one path, including those of symbolic links."""
MAX_TEXT_BYTES = 256 << 10
MAX_MATCHES = 256


@dataclass(frozen=True)
class Found:
    """Node of a path, with the file system that it belongs to."""

    volume: Volume
    node: Node


class GuestFiles:
    """
    Files below the root of a system.

    What cannot be read counts as missing, and is in ``unread``.

    Args:
        root: Root file system.

    Attributes:
        unread: Reasons why paths could not be read, by path.
    """

    def __init__(self, root: Volume) -> None:
        self._mounts: dict[str, Volume] = {"/": root}
        self.unread: dict[str, str] = {}

    def mount(self, path: str, volume: Volume) -> None:
        """Let a path lead into another file system; nothing is mounted on this machine."""
        self._mounts["/" + path.strip("/")] = volume

    @property
    def mounts(self) -> dict[str, Volume]:
        return dict(self._mounts)

    def find(self, path: str, *, follow: bool = True) -> Found | None:
        """
        Return the node at a path, None if there is none.

        Args:
            path: Absolute path.
            follow: False to return a link itself, if the last name of the path is one.
        """
        try:
            return self._walk(path, follow)
        except NotRead as error:
            self.unread.setdefault(path, str(error))
            return None

    def is_file(self, path: str) -> bool:
        found = self.find(path)
        return found is not None and found.node.kind == "file"

    def is_folder(self, path: str) -> bool:
        found = self.find(path)
        return found is not None and found.node.kind == "folder"

    def link(self, path: str) -> str | None:
        """Return the target of a symbolic link, None if the path is no link."""
        found = self.find(path, follow=False)
        if found is None or found.node.kind != "link":
            return None
        try:
            return found.volume.target(found.node)
        except NotRead as error:
            self.unread.setdefault(path, str(error))
            return None

    def text(self, path: str, limit: int = MAX_TEXT_BYTES) -> str | None:
        """Return the beginning of a file as text, None if there is no such file."""
        content = self.content(path, limit)
        return None if content is None else content.decode("utf-8", "replace")

    def content(self, path: str, limit: int = MAX_TEXT_BYTES) -> bytes | None:
        """Return the beginning of a file, None if there is no such file."""
        found = self.find(path)
        if found is None or found.node.kind != "file":
            return None
        pieces, size = [], 0
        try:
            for piece in found.volume.chunks(found.node):
                pieces.append(piece)
                size += len(piece)
                if size >= limit:
                    break
        except NotRead as error:
            self.unread.setdefault(path, str(error))
            return None
        return b"".join(pieces)[:limit]

    def chunks(self, path: str) -> Iterator[bytes] | None:
        """
        Return the content of a file in pieces, None if there is no such file.

        Raises:
            NotRead: A piece is damaged (while the pieces are read).
        """
        found = self.find(path)
        return found.volume.chunks(found.node) if found and found.node.kind == "file" else None

    def names(self, path: str) -> list[str]:
        """Return the sorted names in a folder, none if there is no such folder."""
        found = self.find(path)
        if found is None or found.node.kind != "folder":
            return []
        try:
            return sorted(found.volume.names(found.node))
        except NotRead as error:
            self.unread.setdefault(path, str(error))
            return []

    def glob(self, pattern: str) -> list[str]:
        """Return the paths that match a pattern, which may have the wildcard ``*`` in any name of it."""
        paths = [""]
        for part in pattern.strip("/").split("/"):
            if "*" not in part:
                paths = [f"{path}/{part}" for path in paths]
            else:
                matches = (
                    [f"{path}/{name}" for name in fnmatch.filter(self.names(path or "/"), part)] for path in paths
                )
                paths = list(chain.from_iterable(matches))[:MAX_MATCHES]
        return [path for path in paths if self.find(path) is not None]

    def _walk(self, path: str, follow: bool) -> Found | None:
        rest = _names(path)[::-1]
        trail = [("/", Found(self._mounts["/"], self._mounts["/"].root))]
        links = steps = 0
        while rest:
            steps += 1
            if steps > MAX_STEPS:
                raise NotRead("the path is too long")
            name = rest.pop()
            if name == "..":
                trail = trail[:-1] or trail
                continue
            place, folder = trail[-1]
            below = folder.volume.find(folder.node, name) if folder.node.kind == "folder" else None
            if below is None:
                return None
            if below.kind == "link" and (rest or follow):
                links += 1
                if links > MAX_LINKS:
                    raise NotRead("symbolic links form a circle")
                target = folder.volume.target(below)
                trail = trail[:1] if target.startswith("/") else trail
                rest += _names(target)[::-1]
                continue
            place = f"{place.rstrip('/')}/{name}"
            mounted = self._mounts.get(place)
            trail.append((place, Found(mounted, mounted.root) if mounted else Found(folder.volume, below)))
        return trail[-1][1]


def _names(path: str) -> list[str]:
    return [name for name in path.split("/") if name not in ("", ".")]
