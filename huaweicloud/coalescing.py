"""
Coalescing of concurrent reads of one resource type.

A single reader sends its own request. Readers that arrive while it is in flight share the next one, a list if there
are many. Two hundred waits therefore need no more requests than the service's rate allows. No reader receives the
response to a request that was sent before it asked.
"""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from huaweicloud.service import Identified

ItemT = TypeVar("ItemT", bound=Identified)

LIST_FROM = 4
"""Readers of one batch from which a list request can be cheaper than one request for each."""


class _Batch(Generic[ItemT]):
    """The readers that one request, or one list, serves together."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.is_sent = False
        self.items: dict[str, ItemT | None] | None = None


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
        self._lock, self._in_flight = threading.Lock(), threading.Lock()
        self._gathering: _Batch[ItemT] = _Batch()
        self._requests_of_a_list = 1

    def get(self, id_: str) -> ItemT | None:
        """
        Read a resource.

        Args:
            id_: Id of the resource.

        Returns:
            The resource as it was at some moment after this call, or None if there is none.
        """
        with self._lock:
            batch = self._gathering
            batch.ids.add(id_)
        with self._in_flight:
            if not batch.is_sent:
                self._read(batch)
        if batch.items is None:  # the reader that sent the request has raised its error; this one tries by itself
            return self._read_one(id_)
        return batch.items[id_]

    def _read(self, batch: _Batch[ItemT]) -> None:
        with self._lock:
            self._gathering = _Batch()
        batch.is_sent = True
        listed = self._list() if len(batch.ids) >= max(LIST_FROM, self._requests_of_a_list) else {}
        batch.items = {id_: listed.get(id_) or self._read_one(id_) for id_ in batch.ids}

    def _list(self) -> dict[str, ItemT]:
        items = self._read_all()
        self._requests_of_a_list = len(items) // self._page + 1
        return {item.id: item for item in items}


class SingleFlight(Generic[ItemT]):
    """
    Coalesced reads of one list: at most one request is in flight.

    Args:
        fetch: Function that reads the list.
    """

    def __init__(self, fetch: Callable[[], list[ItemT]]) -> None:
        self._fetch = fetch
        self._lock, self._in_flight = threading.Lock(), threading.Lock()
        self._begun, self._ended = 0, 0
        self._result: list[ItemT] | Exception = []

    def read(self) -> list[ItemT]:
        """
        Read the list.

        Returns:
            Its items as they were at some moment after this call.

        Raises:
            Exception: The error of the shared request, raised for every reader that waited for it.
        """
        with self._lock:
            before = self._begun
        with self._in_flight:
            if self._ended <= before:  # no request has begun after this call and ended
                with self._lock:
                    self._begun += 1
                    number = self._begun
                try:
                    self._result = self._fetch()
                except Exception as error:
                    self._result = error
                self._ended = number
            result = self._result
        if isinstance(result, Exception):
            raise result
        return list(result)
