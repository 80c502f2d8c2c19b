"""Pages of keys, with keys that share a prefix shown as one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Row = TypeVar("Row")
Entry = TypeVar("Entry")


@dataclass
class Page(Generic[Entry]):
    contents: list[Entry] = field(default_factory=list)
    common_prefixes: list[str] = field(default_factory=list)
    truncated: bool = False
    last: str = ""  # the last key or common prefix on this page


def make_page(
    rows: Iterable[Row],
    key_of: Callable[[Row], str],
    entry_of: Callable[[Row], Entry],
    prefix: str,
    delimiter: str,
    after: str,
    limit: int,
) -> Page[Entry]:
    """
    Return the first `limit` keys and common prefixes of ordered rows whose keys start with `prefix`.

    Args:
        rows: Rows after the marker; read no further than needed.
        key_of: Function that returns a row's key.
        entry_of: Function that returns the page's entry for a row.
        prefix: Beginning of all keys.
        delimiter: Separator of common prefixes: keys that have it after the prefix are grouped. Empty: none are.
        after: Marker; a common prefix that it names was on an earlier page.
        limit: Most entries.
    """
    page: Page[Entry] = Page()
    for row in rows:
        group = _group(key_of(row), prefix, delimiter)
        if group and group in (page.last, after):
            continue
        if len(page.contents) + len(page.common_prefixes) >= limit:
            page.truncated = limit > 0
            break
        if group:
            page.common_prefixes.append(group)
        else:
            page.contents.append(entry_of(row))
        page.last = group or key_of(row)
    return page


def _group(key: str, prefix: str, delimiter: str) -> str | None:
    end = key.find(delimiter, len(prefix)) if delimiter else -1
    return key[: end + len(delimiter)] if end >= 0 else None
