"""Suggestions for misspelt keys."""

import re
from collections.abc import Iterable

MAX_SUGGESTIONS = 3
MAX_KEY_SHOWN = 64


def unknown_key(name: str, known: Iterable[str]) -> str:
    """Return the phrase that a key is not known, with the known keys close to it, or all of them if none is close."""
    known = sorted(known)
    near = close_keys(name, known)
    if near:
        return f"is not a known key; did you mean {' or '.join(map(repr, near))}?"
    return f"is not a known key; the known ones are {', '.join(known)}"


def close_keys(name: str, known: Iterable[str]) -> list[str]:
    """
    Return the known keys that a key is a likely misspelling of.

    A key is close if few letters differ, other than by case and separators, or if it is most of a longer key's words.

    Args:
        name: Key as it is written.
        known: Keys that exist.
    """
    written = _letters(name)
    if len(written) > MAX_KEY_SHOWN:
        return []
    distances = {key: _distance(written, _letters(key)) for key in known}
    spelt = [key for key, distance in distances.items() if distance <= _allowed(written, _letters(key))]
    if spelt:
        return sorted(spelt, key=lambda key: distances[key])[:1]
    part = [key for key in distances if _is_most_of(name, key)]
    return part if len(part) <= MAX_SUGGESTIONS else []


def shown_key(key: object) -> str:
    """Return a key of the user's as messages show it: on one line, printable and not longer than a key ever is."""
    text = "".join(letter if letter.isprintable() else "?" for letter in str(key))
    return text if len(text) <= MAX_KEY_SHOWN else f"{text[: MAX_KEY_SHOWN - 1]}…"


def _letters(key: str) -> str:
    return re.sub(r"[-_. ]", "", key.lower())


def _words(key: str) -> set[str]:
    return set(filter(None, re.split(r"[-_. ]", key.lower())))


def _allowed(one: str, other: str) -> int:
    """Return how many letters may differ between two keys of these lengths."""
    longest = max(len(one), len(other))
    return 0 if longest <= 3 else 1 if longest <= 7 else 2 if longest <= 11 else 3


def _is_most_of(name: str, key: str) -> bool:
    return _words(name) < _words(key) and 2 * len(_letters(name)) >= len(_letters(key))


def _distance(one: str, other: str) -> int:
    """Return the number of insertions, deletions, substitutions and transpositions between two words."""
    before: list[int] = []
    above = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, match in enumerate(other, 1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != match)))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == match:
                row[j] = min(row[j], before[j - 2] + 1)
        before, above = above, row
    return above[-1]
