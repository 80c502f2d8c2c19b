"""The operating systems that the image service knows: a live list, whose spelling a request has to match."""

import difflib
from collections.abc import Iterable

SHOWN = 3


def nearest(wanted: str, known: Iterable[str]) -> list[str]:
    """The entries of the list that come nearest to what is wanted, three at most: those that share its first word."""
    known = sorted(known)
    family = wanted.split()[0].lower() if wanted.split() else ""
    related = [entry for entry in known if family and family in entry.lower()]
    ranked = difflib.get_close_matches(wanted, related or known, n=SHOWN, cutoff=0.5)
    return ranked or (related or known)[:SHOWN]
