"""Limits that hold for all builds of a run together."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import pytest

from huaweicloud.errors import Cancelled
from providers.lifecycle import quota as places
from providers.lifecycle.quota import ImageTasks, Need, ServerPlaces
from providers.runtime import clients, process
from tests.labs import wait_for


@dataclass
class Quota:
    """What the project's quota leaves, of servers."""

    left: int | None
    looks: int = 0
    places: ServerPlaces = field(init=False)

    def __post_init__(self) -> None:
        self.places = ServerPlaces(self._look)

    def _look(self) -> tuple[int | None, ...]:
        self.looks += 1
        return (self.left, None, None, None, None)

    def make(self, build_id: str) -> None:
        self.places.take(build_id, Need())
        self.ask_for(build_id)
        self.places.created(build_id, f"server-{build_id}")

    def ask_for(self, build_id: str) -> None:
        """The cloud takes a request for a server."""
        if self.left is not None:
            self.left -= 1
        self.places.accepted(build_id)

    def remove(self, build_id: str) -> None:
        if self.left is not None:
            self.left += 1
        self.places.give_back(f"server-{build_id}")


def _waits(quota: Quota, count: int) -> bool:
    return len(quota.places._queue._waiting) == count


@pytest.fixture
def background() -> Iterator[Callable[..., "Future[None]"]]:
    """Run in a thread of its own; what still waits at the end is cancelled."""
    with ThreadPoolExecutor(32) as pool:
        try:
            yield pool.submit
        finally:
            process.cancelled.set()
    process.cancelled.clear()


def test_a_server_waits_until_the_quota_has_room(background) -> None:
    quota = Quota(2)
    quota.make("a")
    quota.make("b")

    third = background(quota.make, "c")
    wait_for(lambda: quota.looks >= 2 or quota.places._queue._waiting, "the third in the queue")
    assert not third.done()
    quota.remove("a")

    third.result(20)


def test_a_server_alone_is_left_to_the_cloud_to_judge() -> None:
    quota = Quota(0)

    quota.make("a")

    assert 0 == quota.looks


def test_servers_are_made_in_the_order_in_which_they_came(background) -> None:
    quota, made = Quota(1), []
    quota.make("a")

    def one(build_id: str) -> None:
        quota.make(build_id)
        made.append(build_id)

    futures = []
    for count, build_id in enumerate("bcd", 1):
        futures.append(background(one, build_id))
        wait_for(partial(_waits, quota, count), "a place in the queue")
    for gone, future in zip("abc", futures, strict=True):
        quota.remove(gone)
        future.result(20)

    assert ["b", "c", "d"] == made


def test_what_is_under_way_counts_before_the_quota_shows_it(background) -> None:
    quota = Quota(2)
    quota.make("a")
    quota.places.take("b", Need())

    third = background(quota.places.take, "c", Need())

    wait_for(lambda: quota.places._queue._waiting, "the third in the queue")
    quota.places.give_up("b")
    third.result(20)


def test_a_server_that_the_quota_shows_already_is_not_counted_twice_for_long(background) -> None:
    quota = Quota(3)
    quota.places.take("a", Need())
    quota.left = 2  # the cloud has taken the request for a, and its answer is on its way
    quota.places.take("b", Need())
    third = background(quota.places.take, "c", Need())
    wait_for(lambda: quota.places._queue._waiting, "the third in the queue")

    quota.places.accepted("a")

    third.result(places.LOOK_AGAIN_S / 2)


def test_a_server_that_was_found_and_not_asked_for_takes_its_room_once(background) -> None:
    quota = Quota(2)
    quota.places.take("a", Need())
    quota.left = 1
    quota.places.created("a", "server-a")

    second = background(quota.places.take, "b", Need())

    second.result(places.LOOK_AGAIN_S / 2)


def test_without_a_limit_nobody_waits() -> None:
    quota = Quota(None)

    for number in range(50):
        quota.make(str(number))


def test_a_refusal_is_waited_out_as_long_as_another_server_can_make_room(background) -> None:
    quota = Quota(5)
    quota.places.keep("server-old")
    quota.places.take("a", Need())

    assert quota.places.refused("a")
    again = background(quota.places.take, "a", Need())
    wait_for(lambda: quota.places._queue._waiting, "the refused one in the queue")
    quota.places.give_back("server-old")

    again.result(20)
    assert not quota.places.refused("a")


def test_a_wait_for_a_place_ends_with_the_run(background) -> None:
    quota = Quota(0)
    quota.places.keep("server-old")
    waiting = background(quota.places.take, "a", Need())
    wait_for(lambda: quota.places._queue._waiting, "the place in the queue")

    process.cancelled.set()

    with pytest.raises(Cancelled, match="the server"):
        waiting.result(20)
    assert not quota.places._queue._waiting


def test_so_many_images_are_made_at_once(background, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "image_tasks_at_once", lambda: 3)
    tasks, lock, go = ImageTasks(), threading.Lock(), threading.Event()
    counts, most = [0], [0]

    def make() -> None:
        with tasks.one("image a"):
            with lock:
                counts[0] += 1
                most[0] = max(most[0], counts[0])
            go.wait(20)
            with lock:
                counts[0] -= 1

    futures = [background(make) for _ in range(12)]
    wait_for(lambda: counts[0] == 3, "three at once")
    go.set()
    for future in futures:
        future.result(20)

    assert most == [3]


def test_a_project_has_its_own_places() -> None:
    class Cloud:
        ecs = evs = None

    one, other = Cloud(), Cloud()

    assert places.servers(one) is places.servers(one)  # type: ignore[arg-type]
    assert places.image_tasks(one) is not places.image_tasks(other)  # type: ignore[arg-type]
