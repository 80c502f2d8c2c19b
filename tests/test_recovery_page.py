"""Rows of docs/how-to/recovery.md, and the tests that execute them: `@pytest.mark.recovery("the first cell")`."""

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "how-to" / "recovery.md"


def rows() -> list[str]:
    """The first cells of all tables of the page, without their headings."""
    lines = PAGE.read_text().splitlines()
    bodies = [
        line for above, line in zip(["", *lines], lines, strict=False) if line.startswith("|") and above.startswith("|")
    ]
    return [line.split("|")[1].strip() for line in bodies if not line.startswith("|---")]


def executed() -> Iterator[str]:
    """The rows that tests name."""
    for file in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.recovery":
                yield from (str(ast.literal_eval(argument)) for argument in node.args)


def test_every_row_is_executed_by_a_test() -> None:
    found = set(executed())

    assert [] == [row for row in rows() if row not in found]


def test_every_named_row_is_on_the_page() -> None:
    assert [] == sorted(set(executed()) - set(rows()))
