"""What all threads of the process share for one client of a region, made when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud

T = TypeVar("T")


class PerCloud(Generic[T]):
    """
    One thing for each client; it goes with the client, so it must not hold it.

    Args:
        make: makes the thing of a client.
    """

    def __init__(self, make: Callable[[Cloud], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._known: WeakKeyDictionary[Cloud, T] = WeakKeyDictionary()

    def of(self, cloud: Cloud) -> T:
        """The thing of a client."""
        with self._lock:
            if cloud not in self._known:
                self._known[cloud] = self._make(cloud)
            return self._known[cloud]
