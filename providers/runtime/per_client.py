"""Objects that all threads of the process share for one client of a region, created when they are first needed."""

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
    One object for each client; it ends with the client, so it must not hold a reference to it.

    Args:
        make: Function that creates the object of a client.
    """

    def __init__(self, make: Callable[[Cloud], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._known: WeakKeyDictionary[Cloud, T] = WeakKeyDictionary()

    def of(self, cloud: Cloud) -> T:
        """Return the object of a client."""
        with self._lock:
            if cloud not in self._known:
                self._known[cloud] = self._make(cloud)
            return self._known[cloud]
