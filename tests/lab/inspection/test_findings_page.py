"""The reference of the lab describes every finding with its severities, and no other."""

import ast
import re
from collections import defaultdict

from tests.labs import ROOT

PAGE = ROOT / "docs" / "reference" / "lab.md"
SEVERITIES = {"error", "warning", "note"}


def reported() -> dict[str, set[str]]:
    """Return the severities that the code reports by the rules of the findings."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in (ROOT / "lab" / "inspection").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "report":
                severity, rule = node.args[:2]
                words = {each.value for each in ast.walk(severity) if isinstance(each, ast.Constant)}
                assert isinstance(rule, ast.Constant)
                found[str(rule.value)] |= {str(word) for word in words} & SEVERITIES
    return found


def described() -> dict[str, set[str]]:
    section = PAGE.read_text().partition("\n## Inspection of images\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[a-z`, -]+`) \| ([a-z, ]+) \|", section, re.MULTILINE)
    return {rule: set(severities.split(", ")) for rules, severities in rows for rule in re.findall("`(.+?)`", rules)}


def test_the_page_describes_every_finding() -> None:
    assert reported() == described()
