"""
Coalescing of concurrent reads of one resource type.

A single reader sends its own request. Readers that arrive while it is in flight share the next one, a list if there
are many. Two hundred waits therefore need few requests. No reader receives the response to a request that was sent
before it asked.

Polls wait for their budget. So they share requests only with each other, and no other read waits with them.
"""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from huaweicloud.service import Identified
from huaweicloud.transport.rate_limit import is_low_priority, usual_priority

ItemT = TypeVar("ItemT", bound=Identified)

LIST_FROM = 4
"""Readers of one batch from which a list request can be cheaper than one request for each."""


class _Batch(Generic[ItemT]):
    """The readers that one request, or one list, serves together."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.is_sent = False
        self.items: dict[str, ItemT | None] | None = None


class _Lane(Generic[ItemT]):
    """Reads that share requests with each other."""

    def __init__(self) -> None:
        self.lock, self.in_flight = threading.Lock(), threading.Lock()
        self.gathering: _Batch[ItemT] = _Batch()


class CoalescedReader(Generic[ItemT]):
    """
    Coalesced reads of one resource type by id.

    Args:
        read_one: Function that reads one resource by its id; None if there is none.
        read_all: Function that lists the resources. The list may lag behind, and may lack some of them.
        page: Number of items in one page of the list.
    """

    def __init__(self, read_one: Callable[[str], ItemT | None], read_all: Callable[[], list[ItemT]], page: int) -> None:
        self._read_one, self._read_all, self._page = read_one, read_all, page
        self._polls: _Lane[ItemT] = _Lane()
        self._others: _Lane[ItemT] = _Lane()
        self._requests_of_a_list = 1

    def get(self, id_: str, *, confirm: bool = True) -> ItemT | None:
        """
        Read a resource.

        Args:
            id_: Id of the resource.
            confirm: Whether to read it by its id if a shared list lacks it.

        Returns:
            The resource as it was at some moment after this call, or None if there is none.
        """
        lane = self._polls if is_low_priority() else self._others
        with lane.lock:
            batch = lane.gathering
            batch.ids.add(id_)
        with lane.in_flight:
            if not batch.is_sent:
                self._read(batch, lane)
        if batch.items is None:  # the reader that sent the request has raised its error; this one tries by itself
            return self._read_one(id_)
        if id_ in batch.items:
            return batch.items[id_]
        return self._confirmed(id_) if confirm else None

    def _confirmed(self, id_: str) -> ItemT | None:
        """Read by its id what a list lacks; the response probably ends a wait, so it does not wait like a poll."""
        with usual_priority():
            return self._read_one(id_)

    def _read(self, batch: _Batch[ItemT], lane: _Lane[ItemT]) -> None:
        with lane.lock:
            lane.gathering = _Batch()
        batch.is_sent = True
        if len(batch.ids) >= max(LIST_FROM, self._requests_of_a_list):
            batch.items = self._list()
        else:
            batch.items = {id_: self._read_one(id_) for id_ in batch.ids}

    def _list(self) -> dict[str, ItemT | None]:
        items = self._read_all()
        self._requests_of_a_list = len(items) // self._page + 1
        return {item.id: item for item in items}


class _Flight(Generic[ItemT]):
    """Requests of one list that readers share, numbered."""

    def __init__(self) -> None:
        self.lock, self.in_flight = threading.Lock(), threading.Lock()
        self.begun, self.ended = 0, 0
        self.result: list[ItemT] | Exception = []


class SingleFlight(Generic[ItemT]):
    """
    Coalesced reads of one list: at most one request is in flight for polls, and one for all others.

    Args:
        fetch: Function that reads the list.
    """

    def __init__(self, fetch: Callable[[], list[ItemT]]) -> None:
        self._fetch = fetch
        self._polls: _Flight[ItemT] = _Flight()
        self._others: _Flight[ItemT] = _Flight()

    def read(self) -> list[ItemT]:
        """
        Read the list.

        Returns:
            Its items as they were at some moment after this call.

        Raises:
            Exception: The error of the shared request, raised for every reader that waited for it.
        """
        flight = self._polls if is_low_priority() else self._others
        with flight.lock:
            before = flight.begun
        with flight.in_flight:
            if flight.ended <= before:  # no request has begun after this call and ended
                with flight.lock:
                    flight.begun += 1
                    number = flight.begun
                try:
                    flight.result = self._fetch()
                except Exception as error:
                    flight.result = error
                flight.ended = number
            result = flight.result
        if isinstance(result, Exception):
            raise result
        return list(result)
