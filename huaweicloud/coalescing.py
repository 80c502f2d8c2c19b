"""
Looks of many threads at things of one kind, answered together.

A thread that looks alone sends its own request. While that is under way, those that come gather; then one of them asks
for all, by one list where they are many. So two hundred waits need no more requests than the service lets through, and
nobody gets an answer to a request that was sent before it asked.
"""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from huaweicloud.service import Identified

ItemT = TypeVar("ItemT", bound=Identified)

LIST_FROM = 4


class _Batch(Generic[ItemT]):
    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.answered = False
        self.found: dict[str, ItemT | None] | None = None


class SharedLooks(Generic[ItemT]):
    """
    The looks at one kind of thing.

    Args:
        one: Looks at a thing by its id; None if there is none.
        everything: Lists the things of this kind. It may be late, and not hold all of them.
        page: Items that one request of the list brings.
    """

    def __init__(self, one: Callable[[str], ItemT | None], everything: Callable[[], list[ItemT]], page: int) -> None:
        self._one, self._everything, self._page = one, everything, page
        self._lock, self._turn = threading.Lock(), threading.Lock()
        self._gathering: _Batch[ItemT] = _Batch()
        self._requests_of_a_list = 1

    def look(self, id_: str) -> ItemT | None:
        """
        Look at a thing.

        Args:
            id_: Its id.

        Returns:
            The thing as it was at some moment after this call, or None if there is none.
        """
        with self._lock:
            batch = self._gathering
            batch.ids.add(id_)
        with self._turn:
            if not batch.answered:
                self._answer(batch)
        if batch.found is None:  # the one that asked has got the error; this one may fare better
            return self._one(id_)
        return batch.found[id_]

    def _answer(self, batch: _Batch[ItemT]) -> None:
        with self._lock:
            self._gathering = _Batch()
        batch.answered = True
        listed = self._listed() if len(batch.ids) >= max(LIST_FROM, self._requests_of_a_list) else {}
        batch.found = {id_: listed.get(id_) or self._one(id_) for id_ in batch.ids}

    def _listed(self) -> dict[str, ItemT]:
        items = self._everything()
        self._requests_of_a_list = len(items) // self._page + 1
        return {item.id: item for item in items}


class SharedList(Generic[ItemT]):
    """
    A list that many threads ask for.

    Args:
        fetch: Reads it.
    """

    def __init__(self, fetch: Callable[[], list[ItemT]]) -> None:
        self._fetch = fetch
        self._lock, self._turn = threading.Lock(), threading.Lock()
        self._begun, self._ended = 0, 0
        self._outcome: list[ItemT] | Exception = []

    def read(self) -> list[ItemT]:
        """
        Read the list.

        Returns:
            Its items as they were at some moment after this call.

        Raises:
            Exception: What reading it has raised, for all who waited for it.
        """
        with self._lock:
            before = self._begun
        with self._turn:
            if self._ended <= before:  # none has begun after this call, and ended
                with self._lock:
                    self._begun += 1
                    number = self._begun
                try:
                    self._outcome = self._fetch()
                except Exception as error:
                    self._outcome = error
                self._ended = number
            outcome = self._outcome
        if isinstance(outcome, Exception):
            raise outcome
        return list(outcome)
