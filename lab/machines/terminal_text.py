"""
Texts for a terminal, without anything that it would take for a command.

Guests and clients of the lab choose the content of their consoles, names and requests. A terminal obeys control
characters in such texts: it moves its cursor, changes its title or its character set, or responds with input of its
own.
"""

import re
from typing import Any, TextIO

_STRING = "\x1b[\\]PX^_]|[\x90\x98\x9d\x9e\x9f]"
_SEQUENCES = re.compile(
    f"(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]|(?:{_STRING})[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\\\|\x9c)?|\x1b[ -/]*[0-~]"
)
_UNFINISHED = re.compile(f"(?:(?:\x1b\\[|\x9b)[0-?]*[ -/]*|(?:{_STRING})[^\x07\x1b\x9c\n]*\x1b?|\x1b[ -/]*)\\Z")
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
MAX_UNFINISHED = 4096


def printable(text: str) -> str:
    """
    Return a text without escape sequences, control characters (except line ends and tabs) and changes of direction.
    """
    return _CONTROLS.sub("", _SEQUENCES.sub("", text))


class PrintableParts:
    """Filter for a text that arrives in parts: an escape sequence may begin in one part and end in the next."""

    def __init__(self) -> None:
        self._unfinished = ""

    def add(self, part: str) -> str:
        """Return the printable text so far that was not returned before."""
        text = self._unfinished + part
        found = _UNFINISHED.search(text, max(len(text) - MAX_UNFINISHED, 0))
        self._unfinished = found[0] if found else ""
        return printable(text[: found.start()] if found else text)


class PrintableStream:
    """
    Stream that makes every text printable before it passes it to another stream.

    Args:
        stream: Stream that gets the text.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text without what a terminal would obey, and return the length of the whole text."""
        self._stream.write(
            printable(text).encode(self._stream.encoding, "backslashreplace").decode(self._stream.encoding)
        )
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
