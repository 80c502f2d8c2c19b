"""
Rows of docs/how-to/recovery.md and docs/reference/errors.md, and the tests that execute them.

A test names the first cell of a row: `@pytest.mark.recovery("Ctrl-C once")`.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
DOCS = TESTS.parent / "docs"
TABLES = {"how-to/recovery.md": "event", "reference/errors.md": "message"}
"""Pages, and the heading of the first column of their table."""


def rows() -> list[str]:
    """Return the first cells of both tables, without their headings."""
    found = []
    for page, heading in TABLES.items():
        (table,) = re.findall(rf"^\| {heading} \|.*\n\|---.*\n((?:\|.*\n)+)", (DOCS / page).read_text(), re.MULTILINE)
        found += [line.split("|")[1].strip() for line in table.splitlines()]
    return found


def executed() -> Iterator[str]:
    """Yield the rows that tests name."""
    for file in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.recovery":
                yield from (str(ast.literal_eval(argument)) for argument in node.args)


def test_every_row_is_executed_by_a_test() -> None:
    found = set(executed())

    assert [] == [row for row in rows() if row not in found]


def test_every_named_row_is_on_the_page() -> None:
    assert [] == sorted(set(executed()) - set(rows()))
