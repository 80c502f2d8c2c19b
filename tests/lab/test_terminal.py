"""Texts for a terminal, and a console that is read repeatedly."""

import pytest

from lab.commands.console_following import OVERLAP, added
from lab.machines.terminal_text import PrintableParts, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\tlines\nof text\n", "two\tlines\nof text\n"),
        ("Gr\u00fc\u00dfe \u4f60\u597d \U0001f600", "Gr\u00fc\u00dfe \u4f60\u597d \U0001f600"),
        ("\x1b[=3hmode", "mode"),
        ("\x1b[31;1mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]0;title\x1b\\text", "text"),
        ("\x1b]0;title\nnext line", "\nnext line"),
        ("\x1bPq#0\x1b\\text", "text"),
        ("\x90q#0\x9ctext", "text"),
        ("\x1b(0lines\x1bcreset", "linesreset"),
        ("over\rwritten\b\x7f\x00", "overwritten"),
        ("\u202etxt.exe\u2066\u200f", "txt.exe"),
        ("\udc80surrogate", "surrogate"),
        ("\x1b", ""),
    ],
)
def test_a_terminal_gets_nothing_that_it_would_obey(text: str, shown: str) -> None:
    assert shown == printable(text)


@pytest.mark.parametrize(
    "text", ["a\x1b[=3hb", "a\x1b]0;title\x07b", "a\x1bPq\x1b\\b", "a\x9b1mb", "a\x1b(0b", "a\x90q\x9cb"]
)
def test_a_sequence_that_arrives_in_parts_is_left_out(text: str) -> None:
    for place in range(len(text)):
        parts = PrintableParts()
        assert "ab" == parts.add(text[:place]) + parts.add(text[place:])


def test_a_sequence_that_never_ends_hides_no_more_than_its_line() -> None:
    parts = PrintableParts()

    assert "a\nb" == parts.add("a\x1b]0;") + parts.add("hidden") + parts.add("\nb")


@pytest.mark.parametrize(
    ("before", "now", "news"),
    [
        ("", "one\n", "one\n"),
        ("one\n", "one\ntwo\n", "two\n"),
        ("one\n", "one\n", ""),
        ("x\n" * 3000, "x\n" * 3001, "x\n"),
        ("".join(map(str, range(5000))), "".join(map(str, range(3000, 6000))), "".join(map(str, range(5000, 6000)))),
        ("gone" * OVERLAP, "another text", "another text"),
        ("one\n", "", ""),
    ],
)
def test_what_was_added_to_a_console_is_found(before: str, now: str, news: str) -> None:
    assert news == added(before, now)
