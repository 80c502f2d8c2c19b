"""The operating systems that the image service knows: a live list, whose spelling a request has to match."""

import difflib
from collections.abc import Iterable


def nearest(wanted: str, known: Iterable[str]) -> list[str]:
    """The entries of the list that come nearest to what is wanted, three at most."""
    known = sorted(known)
    return difflib.get_close_matches(wanted, known, n=3, cutoff=0.5) or known[:3]
