"""What a misspelt key was meant to be."""

import difflib
from collections.abc import Iterable


def unknown_key(name: str, known: Iterable[str]) -> str:
    """Say that a key is not known, and which of those that are it resembles."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"the known ones are {', '.join(known)}"
    return f"is not a known key; {hint}"
