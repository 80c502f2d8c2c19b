"""The page about the rules is the rules'."""

from pathlib import Path

from policy.rules import ALL
from policy.table import page

PAGE = Path(__file__).parents[2] / "docs" / "policy.md"


def test_the_page_is_what_the_rules_say():
    assert page() == PAGE.read_text(), "write it anew: python -m policy.table > docs/policy.md"


def test_every_rule_is_on_the_page():
    text = PAGE.read_text()

    for rule in ALL:
        assert f"| `{rule.id}` |" in text
