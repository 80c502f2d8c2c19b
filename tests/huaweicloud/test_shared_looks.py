"""Looks of many threads, answered together."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from huaweicloud.coalescing import SharedList, SharedLooks
from tests.labs import wait_for


@dataclass(frozen=True)
class Thing:
    id: str
    seen: int = 0


@dataclass
class Kind:
    """A service with things, which answers the first request only when it is told to."""

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


def look_together(kind: Kind, ids: list[str]) -> list[Thing | None]:
    """Look at "first", and while that is under way, in threads of their own, at all ids."""
    looks = SharedLooks(kind.one, kind.everything, page=100)
    with ThreadPoolExecutor(len(ids) + 1) as pool:
        leader = pool.submit(looks.look, "first")
        assert kind.begun.wait(20)
        gathered = [pool.submit(looks.look, id_) for id_ in ids]
        wait_for(lambda: looks._gathering.ids == set(ids), "the gathering of all looks")
        kind.first.set()
        if kind.broken:
            assert isinstance(leader.exception(), ConnectionError)
        return [future.result() for future in gathered]


def test_many_looks_at_once_take_one_list() -> None:
    ids = [f"t{number}" for number in range(50)]
    kind = Kind({"first", *ids})

    found = look_together(kind, ids)

    assert ids == [thing.id for thing in found if thing]
    assert ["first", "all"] == kind.requests


def test_nobody_gets_an_answer_to_a_request_that_was_sent_before_it_asked() -> None:
    found = look_together(Kind({"first", "a"}), ["a", "first"])

    assert all(thing is not None and thing.seen > 1 for thing in found)


def test_what_a_list_does_not_show_is_looked_at_by_itself() -> None:
    ids = [f"t{number}" for number in range(9)]
    kind = Kind({"first", *ids[:8]}, unlisted={"t0"})

    found = look_together(kind, ids)

    assert [*ids[:8], None] == [thing.id if thing else None for thing in found]
    assert {"t0", "t8"} == set(kind.requests) - {"first", "all"}


def test_a_look_that_fails_fails_for_nobody_else() -> None:
    kind = Kind({"first", "a", "b"}, broken=True)

    assert all(look_together(kind, ["a", "b"]))


def test_a_look_alone_asks_for_one_thing() -> None:
    kind = Kind({"a"})
    kind.first.set()

    assert SharedLooks(kind.one, kind.everything, page=100).look("a") == Thing("a", 1)
    assert ["a"] == kind.requests


def test_an_error_of_the_only_look_is_its_own() -> None:
    kind = Kind({"a"}, broken=True)
    kind.first.set()

    with pytest.raises(ConnectionError):
        SharedLooks(kind.one, kind.everything, page=100).look("a")


def test_a_list_is_read_once_for_all_who_ask_while_another_is_under_way() -> None:
    kind = Kind({"a"})
    shared = SharedList(kind.everything)
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
    shared = SharedList(kind.everything)

    assert [1, 2] == [shared.read()[0].seen for _ in range(2)]


def test_a_list_that_fails_is_read_anew_the_next_time() -> None:
    kind = Kind({"a"}, broken=True)
    kind.first.set()
    shared = SharedList(kind.everything)

    with pytest.raises(ConnectionError):
        shared.read()
    assert [2] == [thing.seen for thing in shared.read()]
