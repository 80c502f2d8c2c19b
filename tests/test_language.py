"""Docstrings have one form, and gaps of the cloud's documentation one mark."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.test_imports import LAYERS, ROOT, files

PRODUCT = [folder for folder in LAYERS if folder != "tests"]
QUESTIONS = {"What", "How", "Whether", "Who", "Where", "Whose"}
NOT_IMPERATIVE = {"The", "A", "An", "All", "Each", "It", "This", "Its", "Everything", "Nothing", "Of", "One", "Every"}
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def docstrings() -> Iterator[tuple[Path, Documented, str]]:
    for file in [*files(*PRODUCT, "tests"), ROOT / "__main__.py"]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, Documented) and (text := ast.get_docstring(node)):
                yield file, node, text


def first_words() -> Iterator[tuple[str, Documented, str]]:
    for file, node, text in docstrings():
        place = f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"
        yield place, node, text.split()[0].strip(".,:")


def test_no_docstring_begins_as_a_question() -> None:
    assert [] == [f"{place}: {word}" for place, _, word in first_words() if word in QUESTIONS]


def test_functions_and_properties_are_described_by_an_imperative() -> None:
    functions = [(place, node, word) for place, node, word in first_words() if isinstance(node, ast.FunctionDef)]

    assert [] == [
        f"{place}: {word}"
        for place, node, word in functions
        if word in NOT_IMPERATIVE and not node.name.startswith("test_")
    ]


def test_entries_of_arguments_are_complete_phrases() -> None:
    wrong = []
    for file, node, text in docstrings():
        for section in re.findall(r"^(?:Args|Attributes):\n((?:    .*\n?)+)", text, re.MULTILINE):
            for name, entry in re.findall(r"^    (\w+): (.)", section, re.MULTILINE):
                if entry.islower():
                    wrong.append(f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 1)} {name}")

    assert [] == wrong


def test_gaps_of_the_documentation_are_marked_in_one_way() -> None:
    marks = {
        f"{file.relative_to(ROOT)}: {found}"
        for file in files(*PRODUCT)
        for found in re.findall(r"\b(?:not|Not|NOT) documented ?:", file.read_text())
        if found != "Not documented:"
    }

    assert set() == marks
