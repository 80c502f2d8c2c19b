"""Event loops for more than one answer of the servicer."""

from __future__ import annotations

import asyncio
from typing import Any


class EventLoops:
    """
    Replacement of the module `asyncio`, whose event loops are used again.

    The servicer creates a loop for each answer and closes it, which takes longer than a check without changes. There
    are as many loops as answers that are written at the same moment.
    """

    def __init__(self) -> None:
        self._free: list[_EventLoop] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    def new_event_loop(self) -> _EventLoop:
        """Return a loop that nobody uses."""
        try:
            return self._free.pop()
        except IndexError:
            return _EventLoop(self._free)


class _EventLoop:
    """Event loop whose close() makes it free for another answer."""

    def __init__(self, free: list[_EventLoop]) -> None:
        self._loop, self._free = asyncio.new_event_loop(), free
        self.run_until_complete = self._loop.run_until_complete

    def close(self) -> None:
        self._free.append(self)
