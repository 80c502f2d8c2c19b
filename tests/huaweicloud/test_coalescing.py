"""Concurrent reads that share requests."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from huaweicloud.coalescing import CoalescedReader, SingleFlight
from huaweicloud.transport.rate_limit import is_low_priority, low_priority
from tests.labs import wait_for


@dataclass(frozen=True)
class Thing:
    id: str
    seen: int = 0


@dataclass
class Kind:
    """Service whose response to the first request waits for an event."""

    things: set[str]
    unlisted: set[str] = field(default_factory=set)
    requests: list[str] = field(default_factory=list)
    first: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)
    broken: bool = False

    def one(self, id_: str) -> Thing | None:
        self._request(id_)
        return Thing(id_, len(self.requests)) if id_ in self.things else None

    def everything(self) -> list[Thing]:
        self._request("all")
        return [Thing(id_, len(self.requests)) for id_ in self.things - self.unlisted]

    def _request(self, what: str) -> None:
        self.requests.append(what)
        if len(self.requests) == 1:
            self.begun.set()
            self.first.wait(20)
            if self.broken:
                raise ConnectionError


def read_together(kind: Kind, ids: list[str]) -> list[Thing | None]:
    """Read "first" and, while that request is in flight, all ids in threads of their own."""
    reader = CoalescedReader(kind.one, kind.everything, page=100)
    with ThreadPoolExecutor(len(ids) + 1) as pool:
        leader = pool.submit(reader.get, "first")
        assert kind.begun.wait(20)
        gathered = [pool.submit(reader.get, id_) for id_ in ids]
        wait_for(lambda: reader._others.gathering.ids == set(ids), "the gathering of all readers")
        kind.first.set()
        if kind.broken:
            assert isinstance(leader.exception(), ConnectionError)
        return [future.result() for future in gathered]


def test_many_concurrent_reads_take_one_list() -> None:
    ids = [f"t{number}" for number in range(50)]
    kind = Kind({"first", *ids})

    found = read_together(kind, ids)

    assert ids == [thing.id for thing in found if thing]
    assert ["first", "all"] == kind.requests


def test_no_reader_gets_the_response_to_a_request_sent_before_it_asked() -> None:
    found = read_together(Kind({"first", "a"}), ["a", "first"])

    assert all(thing is not None and thing.seen > 1 for thing in found)


def test_a_resource_that_the_list_lacks_is_read_by_id() -> None:
    ids = [f"t{number}" for number in range(9)]
    kind = Kind({"first", *ids[:8]}, unlisted={"t0"})

    found = read_together(kind, ids)

    assert [*ids[:8], None] == [thing.id if thing else None for thing in found]
    assert {"t0", "t8"} == set(kind.requests) - {"first", "all"}


def test_a_failed_read_fails_for_no_other_reader() -> None:
    kind = Kind({"first", "a", "b"}, broken=True)

    assert all(read_together(kind, ["a", "b"]))


def test_a_single_reader_requests_one_resource() -> None:
    kind = Kind({"a"})
    kind.first.set()

    assert CoalescedReader(kind.one, kind.everything, page=100).get("a") == Thing("a", 1)
    assert ["a"] == kind.requests


def test_the_error_of_a_single_read_is_raised() -> None:
    kind = Kind({"a"}, broken=True)
    kind.first.set()

    with pytest.raises(ConnectionError):
        CoalescedReader(kind.one, kind.everything, page=100).get("a")


def test_a_list_is_read_once_for_all_who_ask_while_another_is_under_way() -> None:
    kind = Kind({"a"})
    shared = SingleFlight(kind.everything)
    asked = threading.Semaphore(0)

    def read() -> list[Thing]:
        asked.release()
        return shared.read()

    with ThreadPoolExecutor(20) as pool:
        first = pool.submit(read)
        assert kind.begun.wait(20)
        others = [pool.submit(read) for _ in range(19)]
        for _ in range(20):
            assert asked.acquire(timeout=20)
        kind.first.set()
        seen = [other.result(20)[0].seen for other in others]

    assert [1] == [thing.seen for thing in first.result()]
    assert min(seen) == 2
    assert len(kind.requests) < 20


def test_a_list_is_read_anew_each_time() -> None:
    kind = Kind({"a"})
    kind.first.set()
    shared = SingleFlight(kind.everything)

    assert [1, 2] == [shared.read()[0].seen for _ in range(2)]


def test_a_list_that_fails_is_read_anew_the_next_time() -> None:
    kind = Kind({"a"}, broken=True)
    kind.first.set()
    shared = SingleFlight(kind.everything)

    with pytest.raises(ConnectionError):
        shared.read()
    assert [2] == [thing.seen for thing in shared.read()]


def test_a_read_that_is_no_poll_never_waits_for_one() -> None:
    kind = Kind({"a", "b"})
    reader, shared = CoalescedReader(kind.one, kind.everything, page=100), SingleFlight(kind.everything)

    def poll() -> Thing | None:
        with low_priority():
            return reader.get("a")

    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(poll)
        assert kind.begun.wait(20)

        assert reader.get("b") is not None
        assert shared.read()

        assert not held.done()
        kind.first.set()
        assert held.result(20) is not None


def test_what_a_list_lacks_is_confirmed_with_the_usual_priority_or_not_at_all() -> None:
    confirmed = []

    def one(_: str) -> Thing | None:
        confirmed.append(is_low_priority())
        return None

    reader = CoalescedReader(one, list, page=100)
    reader._polls.gathering.ids |= {"a", "b", "c", "d"}

    with low_priority():
        assert reader.get("e") is None
        reader._polls.gathering.ids |= {"a", "b", "c", "d"}
        assert reader.get("e", confirm=False) is None

    assert [False] == confirmed
