"""
Project-wide limits shared by all builds of a run; a build that exceeds a limit queues until capacity is released.

Only one run is seen here. Other runs, and changes made by hand, show in the quotas, which are read before a server is
created while others are alive. A rejection by the cloud is waited out too, as long as a server of this run can still
release capacity.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple

from huaweicloud.errors import Cancelled, CloudError
from huaweicloud.errors.codes import is_quota
from providers.runtime import clients, process
from providers.runtime.admission_queue import AdmissionQueue
from providers.runtime.per_client import PerCloud

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud

READ_AGAIN_S = 30.0
READ_AFTER_OTHERS_S = 1.0


class ImageTaskSlots:
    """
    Slots for images that are created at the same time.

    Source: IMS user guide, constraints: 40 concurrent creation tasks.
    """

    def __init__(self) -> None:
        self._queue, self._lock = AdmissionQueue(), threading.Lock()
        self._count = 0

    @contextmanager
    def one(self, subject: str) -> Iterator[None]:
        """
        Hold a slot inside the block; wait for one first.

        Args:
            subject: Subject that needs it, for the resource's row.
        """
        self._queue.enter(self._admit, subject, f"one of {clients.image_tasks_at_once()} image task slots")
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


class Demand(NamedTuple):
    """
    Demand of a server on the quotas.

    Attributes:
        vcpus: Number of vCPUs.
        ram_mib: RAM in MiB.
        disks: Number of disks.
        gib: Size of all disks together in GiB.
    """

    vcpus: int = 0
    ram_mib: int = 0
    disks: int = 2
    gib: int = 0

    @property
    def amounts(self) -> tuple[int, ...]:
        """Return the amounts by kind of quota, servers first."""
        return (1, self.vcpus, self.ram_mib, self.disks, self.gib)


@dataclass
class _Held:
    """
    Capacity that a server holds.

    Not documented: if the quotas show a server from its acceptance on. If not, the cloud rejects what is too much.

    Attributes:
        demand: Demand of the server.
        server_id: Id of the server, once it has one.
        accepted: Monotonic time at which the cloud accepted the request for it.
    """

    demand: Demand
    server_id: str = ""
    accepted: float = float("inf")


class ServerQuota:
    """
    Quota of the temporary servers that may be alive together.

    Args:
        read: Function that reads the free capacity in the order of Demand.amounts; None for no limit.
    """

    def __init__(self, read: Callable[[], tuple[int | None, ...]]) -> None:
        self._read = read
        self._queue, self._lock = AdmissionQueue(), threading.Lock()
        self._held: dict[str, _Held] = {}
        self._free: tuple[int | None, ...] | None = None
        self._read_at = float("-inf")
        self._full_until = float("-inf")

    def reserve(self, build_id: str, demand: Demand) -> Reservation:
        """
        Return a reservation for the server of a build, to be used as a context manager.

        Args:
            build_id: Id of the build.
            demand: Demand of the server.
        """
        return Reservation(self, build_id, demand)

    def track(self, server_id: str) -> None:
        """Count a living server of an earlier run, which will release capacity."""
        with self._lock:
            if all(held.server_id != server_id for held in self._held.values()):
                self._held[server_id] = _Held(Demand(), server_id, float("-inf"))

    def release(self, server_id: str) -> None:
        """Release the capacity of a server that is gone."""
        self._drop(lambda _, held: held.server_id == server_id)

    def _enter(self, build_id: str, demand: Demand) -> None:
        """Wait for capacity; if no other server of this run is alive, the cloud itself decides."""
        self._queue.enter(lambda: self._admit(build_id, demand), "the server", "quota")

    def _accept(self, build_id: str) -> None:
        with self._lock:
            if build_id in self._held:
                self._held[build_id].accepted = time.monotonic()
        self._queue.wake()

    def _assign(self, build_id: str, server_id: str) -> None:
        with self._lock:
            held = self._held[build_id]
            held.server_id, held.accepted = server_id, min(held.accepted, time.monotonic())

    def _reject(self, build_id: str) -> bool:
        """Give up capacity that the cloud rejected; return True if another server of this run can release some."""
        with self._lock:
            self._held.pop(build_id, None)
            self._full_until = time.monotonic() + READ_AGAIN_S
            return bool(self._held)

    def _abandon(self, build_id: str) -> None:
        self._drop(lambda key, _: key == build_id)

    def _drop(self, selects: Callable[[str, _Held], bool]) -> None:
        with self._lock:
            dropped = [key for key, held in self._held.items() if selects(key, held)]
            for key in dropped:
                del self._held[key]
            if dropped:
                self._free, self._full_until = None, float("-inf")
        self._queue.wake()

    def _admit(self, build_id: str, demand: Demand) -> bool:
        with self._lock:
            others, full = bool(self._held), time.monotonic() < self._full_until
        if others and (full or not self._fits(demand)):
            return False
        with self._lock:
            self._held[build_id] = _Held(demand)
        return True

    def _fits(self, demand: Demand) -> bool:
        age_s = time.monotonic() - self._read_at
        if self._free is not None and age_s <= READ_AGAIN_S:
            if self._fits_last_reading(demand):
                return True
            if age_s <= READ_AFTER_OTHERS_S or not self._may_count_twice():
                return False
        read_at, free = time.monotonic(), self._read()
        with self._lock:
            self._read_at, self._free = read_at, free
        return self._fits_last_reading(demand)

    def _fits_last_reading(self, demand: Demand) -> bool:
        with self._lock:
            taken = [held.demand.amounts for held in self._held.values() if held.accepted > self._read_at]
            free = self._free or ()
        needed = [sum(amounts) for amounts in zip(demand.amounts, *taken, strict=True)]
        return all(there is None or amount <= there for there, amount in zip(free, needed, strict=False))

    def _may_count_twice(self) -> bool:
        """Return True if the last reading may have excluded servers that are subtracted from it once more."""
        with self._lock:
            return any(self._read_at < held.accepted < float("inf") for held in self._held.values())


class Reservation:
    """
    Reservation of capacity for the server of a build, held while the server is created.

    Entering the block waits for capacity. Leaving it with an error gives the capacity up. Leaving it after assign()
    keeps the capacity until ServerQuota.release().

    Args:
        quota: Quota that it belongs to.
        build_id: Id of the build.
        demand: Demand of the server.

    Attributes:
        may_retry: True if the cloud rejected the server, and another server of this run can release capacity.
    """

    def __init__(self, quota: ServerQuota, build_id: str, demand: Demand) -> None:
        self._quota, self._build_id, self._demand = quota, build_id, demand
        self._is_assigned = False
        self.may_retry = False

    def __enter__(self) -> Reservation:
        """Wait for capacity."""
        self._quota._enter(self._build_id, self._demand)
        return self

    def accepted(self) -> None:
        """Record that the cloud has accepted the request for the server."""
        self._quota._accept(self._build_id)

    def assign(self, server_id: str) -> None:
        """Record the server that holds the capacity from now on, whoever requested it."""
        self._quota._assign(self._build_id, server_id)
        self._is_assigned = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the capacity up unless a server holds it."""
        if self._is_assigned:
            return
        if isinstance(error, CloudError) and is_quota(error):
            self.may_retry = self._quota._reject(self._build_id)
        if not self.may_retry:
            self._quota._abandon(self._build_id)


def _free_capacity(cloud: Cloud) -> Callable[[], tuple[int | None, ...]]:
    ecs, evs = cloud.ecs, cloud.evs

    def read() -> tuple[int | None, ...]:
        """Return the free capacity in the order of Demand.amounts; None for no limit, or one that cannot be read."""
        free: list[int | None] = []
        try:
            limits = ecs.get_limits()
            free += [
                _free(limits.max_instances, limits.used_instances),
                _free(limits.max_cores, limits.used_cores),
                _free(limits.max_ram_mib, limits.used_ram_mib),
            ]
            quota = evs.get_quota()
            free += [_free(of.limit, of.used) for of in (quota.volumes, quota.gigabytes)]
        except Cancelled:
            raise
        except CloudError as error:
            process.log(f"could not read the quotas, and continues without them: {error}")
        return tuple(free)

    return read


def _free(limit: int, used: int) -> int | None:
    return None if limit < 0 else limit - used


_servers = PerCloud(lambda cloud: ServerQuota(_free_capacity(cloud)))
_images = PerCloud(lambda _: ImageTaskSlots())


def servers(cloud: Cloud) -> ServerQuota:
    """Return the quota of a project's temporary servers."""
    return _servers.of(cloud)


def image_tasks(cloud: Cloud) -> ImageTaskSlots:
    """Return the slots of a project's image tasks."""
    return _images.of(cloud)
