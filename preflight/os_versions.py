"""Operating systems in the list of the image service, whose exact spelling requests require."""

import difflib
from collections.abc import Iterable

SHOWN = 3


def nearest(wanted: str, known: Iterable[str]) -> list[str]:
    """Return the entries that are closest to a wanted one, three at most, preferably with the same first word."""
    known = sorted(known)
    family = wanted.split()[0].lower() if wanted.split() else ""
    related = [entry for entry in known if family and family in entry.lower()]
    ranked = difflib.get_close_matches(wanted, related or known, n=SHOWN, cutoff=0.5)
    return ranked or (related or known)[:SHOWN]
