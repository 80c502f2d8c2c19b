"""A wait reports since when the service has not responded, and why."""

import threading
from datetime import datetime

import pytest

from huaweicloud.errors import tree
from huaweicloud.polling import Progress, wait_until
from huaweicloud.transport.outages import Outage
from huaweicloud.transport.sender import Sender
from huaweicloud.waits import poll_interval
from tests.huaweicloud.conftest import NoJitter, request_to
from tests.huaweicloud.scripted_server import Reply, ScriptedServer


class Clock:
    """Clock that a test sets."""

    now_s = 0.0

    def outage(self) -> Outage:
        return Outage(lambda: datetime(2026, 1, 1, 14, 2, 11), lambda: self.now_s)


def of(service: str, error: tree.CloudError) -> tree.CloudError:
    error.service = service
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            tree.Unreachable("m", cause="Connection refused"),
            "no response from ims since 14:02:11 (70 s): connection refused",
        ),
        (tree.TimedOut("Could not get x: h did not respond in time"), "(70 s): h did not respond in time"),
        (tree.ConnectionLost("Could not get x: the connection to h broke: reset"), "the connection to h broke: reset"),
        (
            tree.ServerSideError("oops", status=503, code="Common.1503"),
            "only errors from ims since 14:02:11 (70 s): HTTP 503 Common.1503",
        ),
    ],
)
def test_an_outage_is_reported_with_its_beginning_and_reason(error, words):
    clock = Clock()
    outage = clock.outage()

    assert outage.describe(of("ims", error)) == ""
    clock.now_s = 70

    assert words in outage.describe(of("ims", error))


@pytest.mark.parametrize(
    "error", [tree.RateLimited("slow", status=429), tree.Conflict("busy", status=409), tree.Cancelled("x")]
)
def test_a_response_is_no_outage(error):
    clock = Clock()
    outage = clock.outage()
    outage.describe(error)
    clock.now_s = 70

    assert outage.describe(error) == ""


def test_an_outage_ends_with_a_response():
    clock = Clock()
    outage = clock.outage()
    outage.describe(tree.TimedOut("m"))
    clock.now_s = 70
    outage.end()

    assert outage.describe(tree.TimedOut("m")) == ""


@pytest.mark.recovery("`no response from … since …` on a row")
def test_a_wait_shows_the_attempts_of_its_requests(
    server: ScriptedServer, cancelled: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huaweicloud.transport.outages.SHOWN_AFTER_S", 0.0)
    monkeypatch.setattr(poll_interval, "MIN_INTERVAL_S", 0.01)
    server.reply(Reply(fault="reset"), Reply(503), Reply(body={"images": ["done"]}))
    seen: list[Progress] = []

    with Sender(cancelled, rng=NoJitter()) as sender:
        wait_until(
            lambda: sender.send(request_to(server)).data["images"],
            done=bool,
            subject="an image",
            timeout_s=30,
            cancelled=cancelled,
            progress=seen.append,
        )

    assert "no response from ims since" in seen[0].outage
    assert "only errors from ims since" in seen[1].outage
    assert (seen[-1].outage, seen[-1].ended) == ("", True)


def test_a_wait_shows_failing_polls(cancelled: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huaweicloud.transport.outages.SHOWN_AFTER_S", 0.0)
    monkeypatch.setattr(poll_interval, "MIN_INTERVAL_S", 0.01)
    states = iter([tree.TimedOut("m: h did not respond"), "RUNNING", tree.TimedOut("m: h did not respond"), "DONE"])
    seen: list[Progress] = []

    def poll() -> str:
        found = next(states)
        if isinstance(found, tree.CloudError):
            raise found
        return str(found)

    wait_until(poll, done="DONE".__eq__, subject="a job", timeout_s=30, cancelled=cancelled, progress=seen.append)

    assert [(p.state, bool(p.outage)) for p in seen] == [
        ("", True),
        ("RUNNING", False),
        ("RUNNING", True),
        ("DONE", False),
    ]
