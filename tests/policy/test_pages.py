"""The reference page of the rules, which is generated from them."""

from pathlib import Path

from policy.rules import ALL
from policy.table import page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "policy.md"
WIDEST_CELL = 60


def test_the_page_is_generated_from_the_rules():
    assert page() == PAGE.read_text(), "generate it again: python -m policy.table > docs/reference/policy.md"


def test_every_rule_has_a_section_with_its_settings():
    sections = {section.partition("\n")[0]: section for section in PAGE.read_text().split("\n### ")[1:]}

    assert list(sections) == [rule.id for rule in ALL]
    for rule in ALL:
        assert all(f"| `{limit.name}` |" in sections[rule.id] for limit in rule.limits)


def test_tables_are_narrow():
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]

    assert rows
    assert max(len(cell) for row in rows for cell in row.split("|")) <= WIDEST_CELL + 2
