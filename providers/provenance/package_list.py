"""
Package list that a guest prints on its serial console at the end of its installation, between markers.

The list is compressed, in numbered lines of base64, with a digest: consoles mix in lines of others, and lose old ones.
It may be printed several times; a line that is damaged in one copy is taken from another.
Not documented: how much text the console of a server keeps. A list that is not complete is refused, so that nobody
takes a part of it for all.

    =packages begin 0042 <SHA-256 digest of the compressed list>
    =packages 0001 <base64>
    ...
    =packages end

The list begins with a line "<kind> <id of the distribution> <its version>", as /etc/os-release has them. Each further
line has name, version and architecture, between tabs.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from typing import Literal, NamedTuple

MARK = "=packages"
MAX_LINES = 20_000
MAX_BYTES = 8 * 1024 * 1024
MAX_PACKAGES = 50_000
GZIP = 31
"""Window of zlib for the format of gzip."""
_BEGIN = re.compile(rf"{MARK} begin ([0-9]{{1,6}}) ([0-9a-f]{{64}})")
_LINE = re.compile(rf"{MARK} ([0-9]{{1,6}}) ([A-Za-z0-9+/=]{{1,200}})")
_END = f"{MARK} end"
_HEAD = re.compile(r"(deb|rpm) ([A-Za-z0-9._-]{1,40}) ([A-Za-z0-9._-]{0,40})")
_NAME = {"deb": re.compile(r"[a-z0-9][a-z0-9+.-]{0,199}"), "rpm": re.compile(r"[A-Za-z0-9_][A-Za-z0-9+._-]{0,199}")}
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+:~^_-]{0,199}")
_ARCHITECTURE = re.compile(r"[A-Za-z0-9_-]{1,40}|\(none\)")
NO_PACKAGE = "gpg-pubkey"
"""Entry of the database of RPM that is a key."""


class IncompleteList(Exception):
    """A console has no complete list of packages; the message contains the reason."""


class Package(NamedTuple):
    """Installed package."""

    name: str
    version: str
    architecture: str


class PackageList(NamedTuple):
    """
    Packages of an installed system.

    Attributes:
        kind: Format of the packages.
        distribution: Id of the distribution.
        release: Version of the distribution; "" for one that has none.
        packages: Packages, sorted.
    """

    kind: Literal["deb", "rpm"]
    distribution: str
    release: str
    packages: tuple[Package, ...]


def package_list(console: str) -> PackageList:
    """
    Return the last list of packages on a console.

    Raises:
        IncompleteList: There is none, or it is not complete.
    """
    return _parsed(_unpacked(_compressed(console)))


def _compressed(console: str) -> bytes:
    """Return the bytes of the last list, whose digest must be that of its marker, from all copies of it."""
    lines = [line.strip() for line in console.split("\n")]
    begins = {number: found for number, line in enumerate(lines) if (found := _BEGIN.fullmatch(line))}
    if not begins:
        raise IncompleteList("the console shows no list of packages")
    begin = begins[max(begins)]
    copies = lines[min(number for number, found in begins.items() if found[0] == begin[0]) :]
    if _END not in copies:
        raise IncompleteList("the list of packages has no end")
    count, digest = int(begin[1]), begin[2]
    if not 1 <= count <= MAX_LINES:
        raise IncompleteList(f"the list of packages has {count} lines")
    parts: dict[int, str] = {}
    for line in filter(None, map(_LINE.fullmatch, copies)):
        parts[int(line[1])] = max(parts.get(int(line[1]), ""), line[2], key=len)  # a damaged line is shorter
    missing = [number for number in range(1, count + 1) if number not in parts]
    if missing:
        raise IncompleteList(f"{len(missing)} of {count} lines of the list of packages are missing")
    try:
        content = base64.b64decode("".join(parts[number] for number in range(1, count + 1)), validate=True)
    except ValueError:
        raise IncompleteList("the list of packages is damaged") from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise IncompleteList("the list of packages has another digest than its first line says")
    return content


def _unpacked(content: bytes) -> str:
    unpacker = zlib.decompressobj(GZIP)
    try:
        text = unpacker.decompress(content, MAX_BYTES)
        if not unpacker.eof:
            raise IncompleteList("the list of packages is cut off, or too large")
        return text.decode()
    except (zlib.error, UnicodeDecodeError):
        raise IncompleteList("the list of packages is damaged") from None


def _parsed(text: str) -> PackageList:
    head, *lines = text.removesuffix("\n").split("\n")
    found = _HEAD.fullmatch(head)
    if found is None:
        raise IncompleteList("the first line of the list of packages is not `<kind> <distribution> <version>`")
    kind: Literal["deb", "rpm"] = "deb" if found[1] == "deb" else "rpm"
    if len(lines) > MAX_PACKAGES:
        raise IncompleteList(f"the list of packages has {len(lines)} packages")
    packages = {_package(kind, number, line) for number, line in enumerate(lines, 1)}
    real = sorted(package for package in packages if package.name != NO_PACKAGE)
    if not real:
        raise IncompleteList("the list of packages is empty")
    return PackageList(kind, found[2], found[3], tuple(real))


def _package(kind: str, number: int, line: str) -> Package:
    """Return a package; no message contains the text of a guest."""
    name, version, architecture, *more = [*line.split("\t"), "", ""]
    is_valid = _NAME[kind].fullmatch(name) and _VERSION.fullmatch(version) and _ARCHITECTURE.fullmatch(architecture)
    if any(more) or not is_valid or line.count("\t") != 2:
        raise IncompleteList(f"line {number} of the list of packages is not `<name> <version> <architecture>`")
    return Package(name, version, architecture)
