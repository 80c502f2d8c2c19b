"""Docstrings have one form, and gaps of the cloud's documentation one mark."""

import ast
import functools
import re
from dataclasses import dataclass

import pytest

from tests.test_imports import LAYERS, ROOT, files

pytestmark = pytest.mark.xdist_group("language")

PRODUCT = [folder for folder in LAYERS if folder != "tests"]
QUESTIONS = {"What", "How", "Whether", "Who", "Where", "Whose"}
NOT_IMPERATIVE = {"The", "A", "An", "All", "Each", "It", "This", "Its", "Everything", "Nothing", "Of", "One", "Every"}
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Docstring:
    """
    Docstring of a module, a class or a function.

    Attributes:
        function: Name of the function; empty for others.
    """

    place: str
    function: str
    text: str

    @property
    def first_word(self) -> str:
        return self.text.split()[0].strip(".,:")


@functools.cache
def docstrings() -> list[Docstring]:
    """Return all docstrings, which are read once because that takes seconds."""
    return [
        Docstring(
            f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}",
            node.name if isinstance(node, ast.FunctionDef) else "",
            text,
        )
        for file in [*files(*PRODUCT, "tests"), ROOT / "__main__.py"]
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, Documented) and (text := ast.get_docstring(node))
    ]


def test_no_docstring_begins_as_a_question() -> None:
    assert [] == [f"{found.place}: {found.first_word}" for found in docstrings() if found.first_word in QUESTIONS]


def test_functions_and_properties_are_described_by_an_imperative() -> None:
    functions = [found for found in docstrings() if found.function and not found.function.startswith("test_")]

    assert functions
    assert [] == [f"{found.place}: {found.first_word}" for found in functions if found.first_word in NOT_IMPERATIVE]


def test_entries_of_arguments_are_complete_phrases() -> None:
    wrong = []
    for found in docstrings():
        for section in re.findall(r"^(?:Args|Attributes):\n((?:    .*\n?)+)", found.text, re.MULTILINE):
            for name, entry in re.findall(r"^    (\w+): (.)", section, re.MULTILINE):
                if entry.islower():
                    wrong.append(f"{found.place} {name}")

    assert [] == wrong


def test_gaps_of_the_documentation_are_marked_in_one_way() -> None:
    marks = {
        f"{file.relative_to(ROOT)}: {found}"
        for file in files(*PRODUCT)
        for found in re.findall(r"\b(?:not|Not|NOT) documented ?:", file.read_text())
        if found != "Not documented:"
    }

    assert set() == marks
