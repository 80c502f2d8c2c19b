"""Progress of a wait on a row, and on the lines of a log."""

from datetime import datetime

import pytest

from huaweicloud.polling import Progress
from providers.runtime import progress as shown
from providers.runtime.progress import LOG_EVERY_S, LOG_PARTS, Changes, remaining, rest
from providers.runtime.terminal import may_be_live

NOON = datetime(2024, 5, 1, 12, 0)


def seen(
    state: str = "RUNNING", fraction: float | None = None, waited_s: float = 0.0, what: str = "image a"
) -> Progress:
    return Progress(what, state, fraction, waited_s)


@pytest.mark.parametrize(
    ("elapsed_s", "usual_s", "remaining_s", "rest_s"),
    [
        (100, None, None, None),
        (100, 400, None, 300),
        (400, 400, None, None),
        (500, 400, None, None),
        (100, None, 300, 300),
        (100, 400, 100, 100),
        (500, 400, 125, 125),
    ],
)
def test_the_rest_follows_from_what_is_reported_and_else_from_what_is_usual(elapsed_s, usual_s, remaining_s, rest_s):
    progress = Progress("image a", "RUNNING", None, elapsed_s, remaining_s=remaining_s)

    assert rest_s == rest(progress, elapsed_s, usual_s)
    assert rest(progress._replace(ended=True), elapsed_s, usual_s) is None


@pytest.mark.parametrize(
    ("rest_s", "text"),
    [
        (None, ""),
        (0.5, "about 5 s left"),
        (23, "about 25 s left"),
        (59.9, "about 60 s left"),
        (60, "about 1 min left (12:01)"),
        (200, "about 3 min left (12:03)"),
        (3600 * 13 + 300, "about 13 h 05 min left (01:05)"),
    ],
)
def test_an_end_is_shown_as_a_duration_and_as_the_time_of_day(rest_s, text):
    assert text == remaining(rest_s, NOON)


def test_a_log_gets_a_line_for_a_change_and_else_one_a_minute():
    changes = Changes(LOG_EVERY_S, LOG_PARTS)
    polls = [
        (0, seen("INIT"), True),
        (1, seen("INIT"), False),
        (2, seen("RUNNING", 0.0), True),
        (3, seen("RUNNING", 0.24), False),
        (4, seen("RUNNING", 0.26), True),
        (63, seen("RUNNING", 0.4), False),
        (64, seen("RUNNING", 0.4), True),
        (65, seen("RUNNING", 0.4), False),
        (66, seen("SUCCESS", 1.0), True),
        (67, seen("SUCCESS", 1.0, what="another"), True),
    ]

    assert [shown for _, _, shown in polls] == [changes.is_new(progress, at) for at, progress, _ in polls]


@pytest.mark.parametrize(
    ("environment", "arguments", "live"),
    [
        ({}, ["pulumi", "up", "--yes"], True),
        ({"TERM": "xterm"}, ["pulumi", "up"], True),
        ({"CI": "true"}, ["pulumi", "up"], False),
        ({"TERM": "dumb"}, ["pulumi", "up"], False),
        ({}, ["pulumi", "up", "--non-interactive"], False),
        ({}, ["pulumi", "up", "--json"], False),
        ({}, ["pulumi", "up", "--event-log", "events.json"], False),
        ({}, ["pulumi", "up", "--event-log=events.json"], False),
    ],
)
def test_rows_are_live_where_the_cli_shows_them_so_and_nothing_keeps_them(environment, arguments, live):
    assert live == may_be_live(environment, arguments)


def test_an_outage_stands_in_front_and_is_a_change(monkeypatch):
    lines = []
    monkeypatch.setattr("providers.runtime.process.log", lambda message, **_: lines.append(message))
    monkeypatch.setattr("providers.runtime.terminal.is_watched", lambda: False)
    report = shown.reporter(more=lambda: pytest.fail("asks for an address while there is no response"))

    for outage in ("", "no response from ims since 14:02:11 (70 s): connection refused", ""):
        report(Progress("image a", "saving", None, 80, outage=outage))

    assert lines == [
        "image a: saving, 1 min 20 s elapsed",
        "no response from ims since 14:02:11 (70 s): connection refused, image a: saving, 1 min 20 s elapsed",
        "image a: saving, 1 min 20 s elapsed",
    ]
