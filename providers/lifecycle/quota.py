"""Limits of a project that hold for all builds of a run together: who comes too late waits for a place.

Only one run is seen here. Others, and what people do by hand, show in the quotas, which are looked at before a server
is made while others are alive; a refusal all the same is waited out too, as long as one of ours can make room.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from huaweicloud.polling import Progress
from providers.runtime import clients, process, progress, step_metrics
from providers.runtime.per_client import PerCloud

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud

CANCEL_SEEN_WITHIN_S = 0.5
LOOK_AGAIN_S = 30.0
LOOK_AFTER_OTHERS_S = 1.0


class _Queue:
    """A queue whose first is let through as soon as it is admitted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    def enter(self, admit: Callable[[], bool], what: str, why: str) -> None:
        """
        Wait to be the first, and admitted.

        Args:
            admit: whether the first may pass; never called by two at a time.
            what: waits.
            why: what it waits for, for the resource's row.

        Raises:
            Cancelled: the run is.
        """
        turn = threading.Event()
        with self._lock:
            self._waiting.append(turn)
        began, tell = time.monotonic(), progress.queue_reporter()
        try:
            with step_metrics.queued():
                while not (self._waiting[0] is turn and admit()):
                    tell(Progress(what, f"waits for {why}", None, time.monotonic() - began))
                    turn.clear()
                    turn.wait(CANCEL_SEEN_WITHIN_S)
                    process.pause(0, what)
        finally:
            with self._lock:
                self._waiting.remove(turn)
            self.wake()

    def wake(self) -> None:
        """Let the first look again."""
        with self._lock:
            if self._waiting:
                self._waiting[0].set()


class ImageTasks:
    """The images that are being made at a time.

    Source: IMS user guide, constraints: 40 concurrent creation tasks.
    """

    def __init__(self) -> None:
        self._queue, self._lock = _Queue(), threading.Lock()
        self._count = 0

    @contextmanager
    def one(self, what: str) -> Iterator[None]:
        """Have a place while an image is being made."""
        self._queue.enter(self._admit, what, f"one of {clients.image_tasks_at_once()} image tasks")
        try:
            yield
        finally:
            with self._lock:
                self._count -= 1
            self._queue.wake()

    def _admit(self) -> bool:
        with self._lock:
            if self._count >= clients.image_tasks_at_once():
                return False
            self._count += 1
            return True


@dataclass(frozen=True)
class Need:
    """What a server takes of the quotas: vCPUs, RAM (MiB), disks, and their size together (GiB)."""

    vcpus: int = 0
    ram_mib: int = 0
    disks: int = 2
    gib: int = 0

    @property
    def amounts(self) -> tuple[int, ...]:
        """By kind of quota, servers first."""
        return (1, self.vcpus, self.ram_mib, self.disks, self.gib)


@dataclass
class _Held:
    """A server's place: what it needs, its id once it has one, and when it was asked for with success.

    Not documented: whether the quotas show a server from that moment on. If not, the cloud refuses what is too much.
    """

    need: Need
    server_id: str = ""
    accepted: float = float("inf")


class ServerPlaces:
    """The temporary servers that the quotas let live together."""

    def __init__(self, look: Callable[[], tuple[int | None, ...]]) -> None:
        self._look = look
        self._queue, self._lock = _Queue(), threading.Lock()
        self._held: dict[str, _Held] = {}
        self._left: tuple[int | None, ...] | None = None
        self._asked = float("-inf")
        self._full_until = float("-inf")

    def take(self, build_id: str, need: Need) -> None:
        """Wait until there is room for a server; where no other of ours is alive, the cloud itself is to judge."""
        self._queue.enter(lambda: self._admit(build_id, need), "the server", "room in the quota")

    def accepted(self, build_id: str) -> None:
        """The cloud has taken the request for the server of a place."""
        with self._lock:
            if build_id in self._held:
                self._held[build_id].accepted = time.monotonic()
        self._queue.wake()

    def created(self, build_id: str, server_id: str) -> None:
        """The server of a place is there, whoever asked for it."""
        with self._lock:
            held = self._held[build_id]
            held.server_id, held.accepted = server_id, min(held.accepted, time.monotonic())

    def keep(self, server_id: str) -> None:
        """A server that an earlier run has made is alive, and will make room."""
        with self._lock:
            if all(held.server_id != server_id for held in self._held.values()):
                self._held[server_id] = _Held(Need(), server_id, float("-inf"))

    def refused(self, build_id: str) -> bool:
        """Give a place up for which the cloud had no room; whether another of ours is alive and can make some."""
        with self._lock:
            self._held.pop(build_id, None)
            self._full_until = time.monotonic() + LOOK_AGAIN_S
            return bool(self._held)

    def give_up(self, build_id: str) -> None:
        """The server of a place was not made."""
        self._drop(lambda key, _: key == build_id)

    def give_back(self, server_id: str) -> None:
        """A server is gone."""
        self._drop(lambda _, held: held.server_id == server_id)

    def _drop(self, which: Callable[[str, _Held], bool]) -> None:
        with self._lock:
            gone = [key for key, held in self._held.items() if which(key, held)]
            for key in gone:
                del self._held[key]
            if gone:
                self._left, self._full_until = None, float("-inf")
        self._queue.wake()

    def _admit(self, build_id: str, need: Need) -> bool:
        with self._lock:
            others, full = bool(self._held), time.monotonic() < self._full_until
        if others and (full or not self._fits(need)):
            return False
        with self._lock:
            self._held[build_id] = _Held(need)
        return True

    def _fits(self, need: Need) -> bool:
        age_s = time.monotonic() - self._asked
        if self._left is not None and age_s <= LOOK_AGAIN_S:
            if self._fits_into_what_was_left(need):
                return True
            if age_s <= LOOK_AFTER_OTHERS_S or not self._counts_twice():
                return False
        asked, left = time.monotonic(), self._look()
        with self._lock:
            self._asked, self._left = asked, left
        return self._fits_into_what_was_left(need)

    def _fits_into_what_was_left(self, need: Need) -> bool:
        with self._lock:
            taken = [held.need.amounts for held in self._held.values() if held.accepted > self._asked]
            left = self._left or ()
        wanted = [sum(amounts) for amounts in zip(need.amounts, *taken, strict=True)]
        return all(there is None or amount <= there for there, amount in zip(left, wanted, strict=False))

    def _counts_twice(self) -> bool:
        """Whether what was left may have been without servers that are taken off it once more."""
        with self._lock:
            return any(self._asked < held.accepted < float("inf") for held in self._held.values())


def _quotas(cloud: "Cloud") -> Callable[[], tuple[int | None, ...]]:
    ecs, evs = cloud.ecs, cloud.evs

    def left() -> tuple[int | None, ...]:
        """What the quotas leave, in the order of Need.amounts; None: no limit, or it cannot be looked at."""
        from huaweicloud.errors import Cancelled, CloudError

        found: list[int | None] = []
        try:
            limits = ecs.get_limits()
            found += [
                _left(limits.max_instances, limits.used_instances),
                _left(limits.max_cores, limits.used_cores),
                _left(limits.max_ram_mib, limits.used_ram_mib),
            ]
            quota = evs.get_quota()
            found += [_left(of.limit, of.used) for of in (quota.volumes, quota.gigabytes)]
        except Cancelled:
            raise
        except CloudError as error:
            process.log(f"goes on without looking at the quotas: {error}")
        return tuple(found)

    return left


def _left(limit: int, used: int) -> int | None:
    return None if limit < 0 else limit - used


_servers = PerCloud(lambda cloud: ServerPlaces(_quotas(cloud)))
_images = PerCloud(lambda _: ImageTasks())


def servers(cloud: "Cloud") -> ServerPlaces:
    """The places of a project's temporary servers."""
    return _servers.of(cloud)


def image_tasks(cloud: "Cloud") -> ImageTasks:
    """The places of a project's image tasks."""
    return _images.of(cloud)
