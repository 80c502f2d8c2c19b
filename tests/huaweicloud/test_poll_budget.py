"""The budget that all waits of a process share, with a simulated clock and with requests to a scripted server."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huaweicloud.transport import poll_budget
from huaweicloud.transport.poll_budget import BURST_S, PER_SECOND, PollBudget
from huaweicloud.transport.rate_limit import low_priority
from huaweicloud.transport.sender import Sender
from huaweicloud.waits.poll_interval import MAX_INTERVAL_S
from tests.huaweicloud.conftest import NoJitter, request_to
from tests.huaweicloud.scripted_server import Reply, ScriptedServer


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@settings(deadline=None)
@given(per_second=st.floats(0.1, 50), pauses=st.lists(st.floats(0, 3), min_size=1, max_size=200))
def test_no_period_has_more_requests_than_the_budget_and_one_burst(per_second: float, pauses: list[float]) -> None:
    clock = Clock()
    budget = PollBudget(per_second, clock)
    sent = []
    for pause_s in pauses:
        clock.now_s += pause_s
        sent.append(clock.now_s + budget.reserve())

    assert sent == sorted(sent), "in the order of asking"
    for first in range(len(sent)):
        for last in range(first, len(sent)):
            assert last - first + 1 <= per_second * (sent[last] - sent[first] + BURST_S) + 1.001


def test_a_few_waits_never_queue() -> None:
    clock = Clock()
    budget = PollBudget(clock=clock)
    delays = []
    for _ in range(300):
        delays.append(budget.reserve())
        clock.now_s += MAX_INTERVAL_S / 7

    assert set(delays) == {0.0}


def test_many_waits_poll_at_the_same_times() -> None:
    clock = Clock()
    budget = PollBudget(clock=clock)
    due = []
    for _ in range(20):
        due.append(round(clock.now_s + budget.until_common_poll(4.0), 6))
        clock.now_s += 0.1

    assert len(set(due)) == 1


def test_reads_of_single_jobs_use_a_quarter_of_the_budget() -> None:
    budget = PollBudget()

    with budget.waiting():
        assert 1 / budget.own_reads_every_s() == PER_SECOND / 4


REQUESTS_OF_A_COMMON_POLL = 7
"""Of 200 builds: a single read and a list of three pages for servers, and of two pages for disks or images."""


def test_two_hundred_builds_are_noticed_ten_seconds_late_at_worst_and_stay_within_the_budget() -> None:
    clock = Clock()
    budget = PollBudget(clock=clock)
    sent, late_s = [], []
    for _ in range(500):
        began_s = clock.now_s
        clock.now_s += budget.until_common_poll(MAX_INTERVAL_S)
        sent += [clock.now_s + budget.reserve() for _ in range(REQUESTS_OF_A_COMMON_POLL)]
        late_s.append(sent[-1] - began_s)

    assert max(late_s) <= 10
    assert len(sent) <= PER_SECOND * (sent[-1] - sent[0] + BURST_S) + 1


class Counted(PollBudget):
    """Budget that counts the reservations, and never delays."""

    def __init__(self) -> None:
        super().__init__()
        self.reserved = 0

    def reserve(self) -> float:
        self.reserved += 1
        return 0.0


@pytest.mark.parametrize(("method", "reserved"), [("GET", 1), ("HEAD", 1), ("POST", 0), ("PUT", 0), ("DELETE", 0)])
def test_only_reads_of_a_wait_use_the_budget(
    server: ScriptedServer, cancelled: threading.Event, monkeypatch: pytest.MonkeyPatch, method: str, reserved: int
) -> None:
    budget = Counted()
    monkeypatch.setattr(poll_budget, "shared", budget)
    server.reply(Reply(), Reply())

    with Sender(cancelled, rng=NoJitter()) as sender:
        sender.send(request_to(server, method=method))
        assert budget.reserved == 0
        with low_priority():
            sender.send(request_to(server, method=method))

    assert budget.reserved == reserved
