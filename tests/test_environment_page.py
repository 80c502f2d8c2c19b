"""docs/reference/environment.md lists the variables that the code reads or sets, and no others."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "environment.md"
OWN = ("HW_", "IMAGE_FROM_ISO_", "LAB_")
PREFIXES = (*OWN, "PULUMI_", "UV_", "PIP_", "READY", "XDG_")
COMPOSED = {f"HW_{service}_ENDPOINT" for service in ("IAM", "IMS", "ECS", "EVS", "VPC", "OBS")}
"""Variables whose names the code composes."""


def documented() -> set[str]:
    """Return the variables in the first columns of the tables."""
    cells = [line.split("|")[1] for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def strings(tree: ast.AST) -> Iterator[str]:
    """Yield the string constants of a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def named_in_code() -> set[str]:
    """Return the names of variables that stand alone in a string of the product."""
    folders = [path for path in ROOT.iterdir() if path.is_dir() and path.name not in ("tests", "bench")]
    files = [file for folder in folders if not folder.name.startswith(".") for file in folder.rglob("*.py")]
    found = {text for file in files for text in strings(ast.parse(file.read_text()))}
    return {text for text in found if re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*", text) and text.startswith(PREFIXES)}


def test_every_variable_of_the_code_is_documented() -> None:
    assert sorted(named_in_code() - documented()) == []


def test_every_documented_variable_is_one_of_the_code() -> None:
    ours = {name for name in documented() if name.startswith(PREFIXES)}

    assert sorted(ours - named_in_code() - COMPOSED) == []


@pytest.mark.parametrize("variable", ["STACK", "ISO", "DRIVER", "BUILD"])
def test_variables_that_make_passes_on_are_documented(variable: str) -> None:
    exported = re.findall(r"^export ([A-Z ]+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert variable in documented() & {name for line in exported for name in line.split()}
