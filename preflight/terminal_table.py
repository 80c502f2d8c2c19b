"""Tables for a terminal, with aligned columns."""

import textwrap
from collections.abc import Collection, Iterator, Sequence
from itertools import zip_longest

GAP = "  "


def render(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    widths: Sequence[int] | None = None,
    right: Collection[int] = (),
    ruled: bool = False,
) -> str:
    """
    Return a table, a line for each row unless cells are wrapped.

    Args:
        head: Titles of the columns.
        rows: Cells of each row.
        widths: Widths to which cells are wrapped; None for columns as wide as their widest cell.
        right: Numbers of the columns that are aligned to the right.
        ruled: True for a line of dashes below the titles.
    """
    if widths is None:
        widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
        cells = [[[cell] for cell in row] for row in (head, *rows)]
    else:
        cells = [[_wrapped(cell, width) for cell, width in zip(row, widths, strict=True)] for row in (head, *rows)]
    if ruled:
        cells.insert(1, [["-" * width] for width in widths])
    return "\n".join(line for row in cells for line in _lines(row, widths, right))


def _lines(row: Sequence[Sequence[str]], widths: Sequence[int], right: Collection[int]) -> Iterator[str]:
    for parts in zip_longest(*row, fillvalue=""):
        columns = enumerate(zip(parts, widths, strict=True))
        aligned = (text.rjust(width) if number in right else text.ljust(width) for number, (text, width) in columns)
        yield GAP.join(aligned).rstrip()


def _wrapped(text: str, width: int) -> list[str]:
    return [line for part in text.splitlines() or [""] for line in textwrap.wrap(part, width) or [""]]
