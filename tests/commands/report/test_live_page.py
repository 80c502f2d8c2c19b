"""Page of a run under way, and the filter of its texts."""

from pathlib import Path

import pytest

from commands.report.drawing import report_page
from commands.report.drawing.report_sections import LiveConsole
from commands.report.figures.engine_events import EngineEvents
from commands.report.secret_filter import SecretFilter
from commands.report.stack_record import StackRecord
from commands.report.stack_report import report_of
from commands.state import exported_stack
from tests.commands.report.parsed_page import parse
from tests.commands.report.states import START, State
from tests.commands.report.test_report_page import FIRST, HOSTILE, SHOWN


def test_steps_under_way_have_their_progress_and_consoles_their_last_lines(tmp_path: Path) -> None:
    state = State()
    state.imported("iso")
    state.build("debian", FIRST, "iso", 61, steps=1)
    resources = exported_stack.resources(str(state))
    (urn,) = [resource.urn for resource in resources if resource.kind == "TempServer"]
    words = f"installing {HOSTILE}, console: https://example.com/vnc?token=t0k3n"
    progress = {urn.replace("TempServer", "OsInstallation"): words}
    record = StackRecord("prod", resources, [], holder=HOSTILE, events=EngineEvents(progress=progress))
    console = LiveConsole(HOSTILE, "http://127.0.0.1:1/x", (HOSTILE, "the password is hunter2"))

    text = report_page.of_stack(report_of(record, tmp_path, START.timestamp() + 391), [console], refresh_s=5)

    page = parse(text)
    assert "t0k3n" not in text
    row = page.one("section", data_section="under-way").one("tbody").one("tr")
    assert ["debian", "installation", "5 min 00 s"] == [cell.text for cell in row.children[:3]]
    assert f"installing {SHOWN}, console: https://example.com/vnc?…" == row.children[3].text
    assert f"{SHOWN}\nthe password is …" == page.one("section", data_section="consoles").one("pre").text
    assert "debian: installation, 5 min 00 s, under way" in page.one("svg", role="img").text
    assert SHOWN in page.one("p", data_status="under way").text
    assert "5" == page.one("meta", http_equiv="refresh").attributes["content"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see https://user:pw@example.com:8443/a/b?X-Sig=1&token=2#3, then", "see https://example.com:8443/a/b?… then"),
        ("console wss://example.com/ws?token=abc ends", "console wss://example.com/ws?… ends"),
        ("password: hunter2", "password: …"),
        ('{"adminPass": "hunter 2", "name": "x"}', '{"adminPass": …, "name": "x"}'),
        ("HW_SECRET_KEY=hunter2 make up", "HW_SECRET_KEY=… make up"),
        ("d-i passwd/root-password password hunter2", "d-i passwd/root-password password …"),
        ("root:$6$salt$0123456789abcdef:0", "root:…:0"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nnext", "…\nnext"),
        ("echo 'a line of user data' | sh", "echo '…' | sh"),
        ("typed of-the-installer and own-secret", "typed … and …"),
        ("the guest does a reboot", "the guest does a reboot"),
        ("see https://example.com/a and wait; 3 of 4", "see https://example.com/a and wait; 3 of 4"),
    ],
)
def test_what_looks_like_a_secret_is_removed(text: str, shown: str) -> None:
    hidden = SecretFilter(["#!/bin/sh\n  a line of user data\nreboot\npassword: 'of-the-installer'\n", "own-secret"])

    assert shown == hidden(text)
