"""
Text that is safe to print on a terminal.

Services, guests and proxies determine the text of error messages, names and console lines. Control characters in it
could hide text, change the terminal's modes or answer its prompts. Everything that the project prints passes one of
the functions here.

Source: ECMA-48 for control functions and control strings, Unicode UAX 9 for directional formatting characters.
"""

import re
import unicodedata

MARKER = "…"
MAX_LINE = 2000
"""Largest number of characters that are shown of one line."""
MAX_TEXT = 16_000
"""Largest number of characters of a whole message; the limit of the engine is 4 MiB, that of a reader much less."""

_CONTROL_STRING = r"(?:\x1b[PX\]^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f\n]*(?:\x07|\x1b\\|\x9c)"
_CONTROL_SEQUENCE = r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
_TWO_OR_THREE_CHARACTERS = r"\x1b[ -/]*[0-~]"
_ESCAPES = re.compile("|".join((_CONTROL_STRING, _CONTROL_SEQUENCE, _TWO_OR_THREE_CHARACTERS)))
_COLOR_DIRECTIVE = re.compile(r"<\{(?=%)")
_KEPT = "\n\t"


def printable(text: str, limit: int = MAX_TEXT) -> str:
    """
    Return a text without anything that a terminal would act on, except line breaks and tabulators.

    Args:
        text: Text from anywhere.
        limit: Largest number of characters of the result.
    """
    text = _ESCAPES.sub("", text[: 4 * limit]).replace("\r\n", "\n")
    text = _COLOR_DIRECTIVE.sub("<{ ", text)  # Pulumi's own spelling of colors
    lines = [_shorten("".join(map(_shown, line)), MAX_LINE) for line in text.split("\n")]
    return _shorten("\n".join(lines), limit)


def printable_line(text: str, limit: int = MAX_LINE) -> str:
    """
    Return a text as one printable line.

    Args:
        text: Text from anywhere.
        limit: Largest number of characters of the result.
    """
    return _shorten(" ".join(printable(text, 4 * limit).split()), limit)


def last_written(line: str) -> str:
    """
    Return the visible part of a line that returns to its beginning, as the lines of progress bars do.

    Args:
        line: Line of a console, without its end.
    """
    return next((part for part in reversed(line.split("\r")) if part.strip()), "")


def _shown(character: str) -> str:
    if character.isprintable() or character in _KEPT:
        return character
    category = unicodedata.category(character)
    if category.startswith("Z") or character == "\r":
        return " "
    # Controls and formatting characters, including those that change the direction of writing, are invisible.
    return "" if category in ("Cc", "Cf") else "\ufffd"


def _shorten(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + MARKER
