"""Generated parts of a page, between two markers that stay."""


def between(text: str, begin: str, end: str) -> str:
    """
    Return the part of a page between its markers.

    Raises:
        ValueError: The page lacks a marker.
    """
    return _split(text, begin, end)[1]


def replaced(text: str, begin: str, end: str, content: str) -> str:
    """
    Return a page with another part between its markers.

    Raises:
        ValueError: The page lacks a marker.
    """
    head, _, tail = _split(text, begin, end)
    return f"{head}{begin}{content}{end}{tail}"


def _split(text: str, begin: str, end: str) -> tuple[str, str, str]:
    head, found_begin, rest = text.partition(begin)
    part, found_end, tail = rest.partition(end)
    if not found_begin or not found_end:
        raise ValueError(f"the page has no markers {begin.strip()} and {end.strip()}")
    return head, part, tail
