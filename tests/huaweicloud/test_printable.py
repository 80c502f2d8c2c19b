"""Texts of services and guests, as they reach a terminal."""

import re
import time

import pytest

from huaweicloud.errors import ApiError, CloudError, JobFailed
from huaweicloud.printable import last_written, printable, printable_line

SHOWN = {
    "color": ("a\x1b[1;31mb\x1b[0mc", "abc"),
    "private mode of a boot loader": ("\x1b[=3hSeaBIOS\x1b[?25l", "SeaBIOS"),
    "intermediate characters": ("a\x1b[4 qb\x1b[!pc", "abc"),
    "8-bit control sequence": ("a\x9b31mb", "ab"),
    "title, ended by BEL": ("a\x1b]0;owned\x07b", "ab"),
    "hyperlink, ended by ST": ("a\x1b]8;;http://x\x1b\\b\x1b]8;;\x1b\\", "ab"),
    "8-bit title": ("a\x9d0;owned\x9cb", "ab"),
    "device control string": ("a\x1bP$qm\x1b\\b\x90+q\x9cc", "abc"),
    "application, privacy and start of string": ("a\x1b_x\x1b\\b\x1b^y\x1b\\c\x1bXz\x1b\\d", "abcd"),
    "control string without an end": ("a\x1b]0;rest of the text", "a0;rest of the text"),
    "character set and reset": ("a\x1b(0b\x1bcc\x1b#8d", "abcd"),
    "escape at the end": ("a\x1b", "a"),
    "sequence within a sequence": ("a\x1b\x1b[m[31mb", "a[31mb"),
    "bell, backspace, form feed, shift out, NUL, DEL": ("a\x07b\x08c\x0cd\x0ee\0f\x7fg", "abcdefg"),
    "C1 controls": ("a\x85b\x8dc\x80d\x9fe", "abcde"),
    "C1 controls as UTF-8": (b"a\xc2\x9b31mb\xc2\x85c".decode(), "abc"),
    "overwritten line": ("deleted 3\rkept 3", "deleted 3 kept 3"),
    "end of line of a guest": ("a\r\nb", "a\nb"),
    "direction of writing": ("a\u202eb\u2066c\u2069d\u200fe\u061cf", "abcdef"),
    "invisible characters": ("a\u200bb\u2060c\ufeffd\U000e0041e", "abcde"),
    "other line separators": ("a\u2028b\u2029c\u00a0d", "a b c d"),
    "bytes that are not UTF-8": (b"a\x9b31m\xff".decode(errors="surrogateescape"), "a\ufffd31m\ufffd"),
    "Pulumi's own colors": ("a<{%reset%}>b<{%no such%}>", "a<{ %reset%}>b<{ %no such%}>"),
    "what may stay": ("Größe 光\t5 €\n第二", "Größe 光\t5 €\n第二"),
}


@pytest.mark.parametrize(("text", "shown"), SHOWN.values(), ids=SHOWN)
def test_nothing_that_a_terminal_acts_on_is_left(text: str, shown: str) -> None:
    assert shown == printable(text)


@pytest.mark.parametrize("unit", ["\x1b", "\x1b[", "\x1bP", "\x90", "\x1b]0;", "\x1b[0;", "<{%", "\r"])
def test_length_and_time_are_bounded(unit: str) -> None:
    began = time.monotonic()

    text = printable(unit * 1_000_000 + "x")

    assert len(text) <= 16_000
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", text)
    assert time.monotonic() - began < 5
    assert 2000 == len(printable("y" * 5000))


def test_a_line_is_one_line() -> None:
    assert "a b c" == printable_line("a\nb\r\n\tc")
    assert "abc…" == printable_line("abcdef", 4)


def test_a_progress_bar_shows_what_it_wrote_last() -> None:
    assert "60 %" == last_written("20 %\r40 %\r60 %\r")
    assert "" == last_written("\r")


def test_errors_hold_no_control_characters_wherever_they_came_from() -> None:
    evil = "x\x1b[2J\x9b31m\u202e\r\n"
    errors = [
        ApiError(evil, status=400, code=evil, request_id=evil, operation=f"create {evil}", resource=evil),
        JobFailed(job_id=evil, code=evil, reason=evil, operation=evil),
        CloudError(evil),
    ]

    for error in errors:
        assert re.fullmatch(r"[ -~\n]+", str(error)), repr(str(error))
    assert "\n" not in str(errors[0]).replace("x\n", "")
