"""Texts of guests and services never change the terminal of a user of the lab."""

import json
import logging
import urllib.parse

import requests

from lab.files.plain_json import PlainJson
from lab.journal.error_log import FORMAT, PlainFormatter
from tests.lab.plain import Raw
from tests.labs import RunningLab, run_lab

EVIL = "".join(
    [
        "\x1b[31m", "\x1b[2J", "\x1b[=3h", "\x1b]0;title\x07", "\x1bP1$r0m\x1b\\", "\x1bc", "\x9b31m",
        "\x9d0;t\x9c", "\x90x\x9c", "\x00\x07\x08\x7f", "\x80\x85\x9f", "\u202e\u2066", "\u2028", "\r",
    ]
)  # fmt: skip


def is_harmless(text: str) -> bool:
    return all(c in "\n\t" or c.isprintable() for c in text)


def test_the_journal_is_shown_without_control_characters(raw: Raw, lab: RunningLab) -> None:
    lab.clear_journal()
    quoted = urllib.parse.quote(EVIL)
    raw.send("obs", "GET", f"/lab-images/a{quoted}?prefix={quoted}")
    raw.send("ims", "GET", f"/v2/cloudimages?name={quoted}")
    raw.send("ims", "POST", "/v2/cloudimages/action", json={"name": EVIL, "description": EVIL})
    lines, entries = run_lab(lab.state, "journal"), run_lab(lab.state, "journal", "--json")
    response = requests.get(f"{lab.control}/journal", headers=lab.authorization, timeout=30)
    assert len(lines.splitlines()) == len(entries.splitlines()) == len(response.json()) == 3
    assert is_harmless(lines + entries + response.text)
    assert all(json.loads(line) for line in entries.splitlines())


def test_answers_of_the_control_interface_are_ascii() -> None:
    body = PlainJson({EVIL: [EVIL]}).body
    assert is_harmless(bytes(body).decode("ascii"))
    assert json.loads(bytes(body)) == {EVIL: [EVIL]}


def test_the_log_has_no_control_characters() -> None:
    record = logging.LogRecord("lab", logging.ERROR, __file__, 1, "machine said %s", (EVIL,), None)
    assert is_harmless(PlainFormatter(FORMAT).format(record))
