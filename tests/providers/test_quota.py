"""Limits that hold for all builds of a run together."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import pytest

from huaweicloud.errors import Cancelled, QuotaExceeded
from providers.lifecycle import quota as quotas
from providers.lifecycle.quota import Demand, ImageTaskSlots, Reservation, ServerQuota
from providers.runtime import clients, process
from tests.labs import wait_for


@dataclass
class Quota:
    """
    Quota of a project, of servers only.

    Attributes:
        free: Number of servers that it still allows; None for no limit.
        readings: Number of times that it was read.
        servers: Quota as the product reads it.
    """

    free: int | None
    readings: int = 0
    servers: ServerQuota = field(init=False)

    def __post_init__(self) -> None:
        self.servers = ServerQuota(self._read)

    def _read(self) -> tuple[int | None, ...]:
        self.readings += 1
        return (self.free, None, None, None, None)

    def reserve(self, build_id: str) -> Reservation:
        """Return a reservation that has capacity."""
        return self.servers.reserve(build_id, Demand()).__enter__()

    def create(self, build_id: str) -> None:
        with self.servers.reserve(build_id, Demand()) as reservation:
            if self.free is not None:
                self.free -= 1
            reservation.accepted()
            reservation.assign(f"server-{build_id}")

    def delete(self, build_id: str) -> None:
        if self.free is not None:
            self.free += 1
        self.servers.release(f"server-{build_id}")

    @property
    def waiting(self) -> int:
        """Return the number of builds in the queue."""
        return len(self.servers._queue)


def _waits(quota: Quota, count: int) -> bool:
    return quota.waiting == count


def _reject(reservation: Reservation) -> bool:
    """End a reservation with the cloud's rejection; return True if the build is to wait."""
    with pytest.raises(QuotaExceeded), reservation:
        raise QuotaExceeded("no more servers", status=403)
    return reservation.may_retry


@pytest.fixture
def background() -> Iterator[Callable[..., "Future[None]"]]:
    """Yield a function that runs another one in a thread; waits that are left at the end are cancelled."""
    with ThreadPoolExecutor(32) as pool:
        try:
            yield pool.submit
        finally:
            process.cancelled.set()
    process.cancelled.clear()


def test_a_server_waits_until_the_quota_has_room(background) -> None:
    quota = Quota(2)
    quota.create("a")
    quota.create("b")

    third = background(quota.create, "c")
    wait_for(lambda: quota.readings >= 2 or quota.waiting, "the third in the queue")
    assert not third.done()
    quota.delete("a")

    third.result(20)


def test_a_server_alone_is_left_to_the_cloud_to_judge() -> None:
    quota = Quota(0)

    quota.create("a")

    assert 0 == quota.readings


def test_servers_are_made_in_the_order_in_which_they_came(background) -> None:
    quota, made = Quota(1), []
    quota.create("a")

    def one(build_id: str) -> None:
        quota.create(build_id)
        made.append(build_id)

    futures = []
    for count, build_id in enumerate("bcd", 1):
        futures.append(background(one, build_id))
        wait_for(partial(_waits, quota, count), "a build in the queue")
    for gone, future in zip("abc", futures, strict=True):
        quota.delete(gone)
        future.result(20)

    assert ["b", "c", "d"] == made


def test_what_is_under_way_counts_before_the_quota_shows_it(background) -> None:
    quota = Quota(2)
    quota.create("a")
    second = quota.reserve("b")

    third = background(quota.reserve, "c")

    wait_for(lambda: quota.waiting, "the third in the queue")
    second.__exit__(None, None, None)
    third.result(20)


def test_a_server_that_the_quota_shows_already_is_not_counted_twice_for_long(background) -> None:
    quota = Quota(3)
    first = quota.reserve("a")
    quota.free = 2  # the cloud has accepted the request for a, and its response is on its way
    quota.reserve("b")
    third = background(quota.reserve, "c")
    wait_for(lambda: quota.waiting, "the third in the queue")

    first.accepted()

    third.result(quotas.READ_AGAIN_S / 2)


def test_a_server_that_was_found_and_not_asked_for_takes_its_room_once(background) -> None:
    quota = Quota(2)
    first = quota.reserve("a")
    quota.free = 1
    first.assign("server-a")

    second = background(quota.reserve, "b")

    second.result(quotas.READ_AGAIN_S / 2)


def test_without_a_limit_nobody_waits() -> None:
    quota = Quota(None)

    for number in range(50):
        quota.create(str(number))


def test_a_refusal_is_waited_out_as_long_as_another_server_can_make_room(background) -> None:
    quota = Quota(5)
    quota.servers.track("server-old")

    assert _reject(quota.servers.reserve("a", Demand()))
    again = background(quota.reserve, "a")
    wait_for(lambda: quota.waiting, "the rejected one in the queue")
    quota.servers.release("server-old")

    again.result(20)
    again.result().__exit__(None, None, None)
    assert not _reject(quota.servers.reserve("a", Demand()))


def test_capacity_is_given_up_where_the_creation_fails(background) -> None:
    quota = Quota(2)
    quota.create("a")
    with pytest.raises(ValueError, match="failed"), quota.servers.reserve("b", Demand()):
        raise ValueError("failed")

    second = background(quota.reserve, "c")

    second.result(20)


def test_a_wait_for_capacity_ends_with_the_run(background) -> None:
    quota = Quota(0)
    quota.servers.track("server-old")
    waiting = background(quota.reserve, "a")
    wait_for(lambda: quota.waiting, "the build in the queue")

    process.cancelled.set()

    with pytest.raises(Cancelled, match="the server"):
        waiting.result(20)
    assert not quota.waiting


def test_so_many_images_are_made_at_once(background, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "image_tasks_at_once", lambda: 3)
    tasks, lock, go = ImageTaskSlots(), threading.Lock(), threading.Event()
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


def test_a_project_has_its_own_quota() -> None:
    class Cloud:
        ecs = evs = None

    one, other = Cloud(), Cloud()

    assert quotas.servers(one) is quotas.servers(one)  # type: ignore[arg-type]
    assert quotas.image_tasks(one) is not quotas.image_tasks(other)  # type: ignore[arg-type]
