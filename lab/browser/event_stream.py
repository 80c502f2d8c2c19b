"""
Events for open pages: a full view when a page connects, and after that what has changed.

Each page has a queue of bounded length. A page that reads too slowly loses its queue and gets a full view instead, so
neither its memory nor the lab's grows.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

QUEUE_LENGTH = 32
MAX_PAGES = 32
KEEP_ALIVE_S = 15.0
RETRY_MS = 1000

View = dict[str, Any]
Sections = dict[str, dict[str, View]]


class TooManyPages(Exception):
    """Refusal of a further page."""


def difference(before: Sections, now: Sections) -> dict[str, Any]:
    """Return changed and removed views by section, without sections in which nothing has changed."""
    found = {}
    for name, views in now.items():
        old = before.get(name, {})
        changed = [view for key, view in views.items() if old.get(key) != view]
        removed = [key for key in old if key not in views]
        if changed or removed:
            found[name] = {"changed": changed, "removed": removed}
    return found


def event(name: str, content: Any) -> str:
    """Return a server-sent event. The JSON is ASCII on one line, so no name in it ends the event."""
    return f"event: {name}\ndata: {json.dumps(content, ensure_ascii=True, separators=(',', ':'))}\n\n"


class EventHub:
    """
    Distributor of events to pages.

    Args:
        read: Reader of the present state, called only while pages are open.
        full: Function that returns the full view of a new page, from the present state.
        news: Function that returns the changes, from the state before and the present one.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[Any]],
        full: Callable[[Any], Any],
        news: Callable[[Any, Any], Any],
    ) -> None:
        self._read, self._full, self._news = read, full, news
        self._last: Any = None
        self._queues: set[asyncio.Queue[str | None]] = set()
        self._is_closed = False
        self._ticking = asyncio.Lock()

    async def tick(self) -> None:
        """Send the changes since the last tick to all pages."""
        async with self._ticking:
            await self._tick()

    async def _tick(self) -> None:
        if not self._queues:
            self._last = None
            return
        now = await self._read()
        before, self._last = self._last, now
        if before is None:
            return  # each page that has just connected fills its own queue
        text = event("change", self._news(before, now))
        overrun = []
        for queue in self._queues:
            if queue.full():
                overrun.append(queue)
            else:
                queue.put_nowait(text)
        self._refill(overrun)

    def _refill(self, queues: list["asyncio.Queue[str | None]"]) -> None:
        """Replace the content of queues by the full view."""
        if not queues:
            return
        text = event("full", self._full(self._last))
        for queue in queues:
            while not queue.empty():
                queue.get_nowait()
            queue.put_nowait(text)

    def subscribe(self) -> AsyncIterator[str]:
        """
        Return the events for a new page.

        Raises:
            TooManyPages: As many pages as possible are open.
        """
        if len(self._queues) >= MAX_PAGES:
            raise TooManyPages
        return self._events()

    async def _events(self) -> AsyncIterator[str]:
        queue: asyncio.Queue[str | None] = asyncio.Queue(QUEUE_LENGTH)
        self._queues.add(queue)  # not before, because a page that leaves at once never starts this function
        try:
            yield f"retry: {RETRY_MS}\n\n"
            await self.tick()
            self._refill([queue])  # with the present state, not that of the tick before
            while not self._is_closed:
                try:
                    text = await asyncio.wait_for(queue.get(), KEEP_ALIVE_S)
                except TimeoutError:
                    text = ": still here\n\n"
                if text is None:
                    return
                yield text
        finally:
            self._queues.discard(queue)

    @property
    def pages(self) -> int:
        """Return the number of open pages."""
        return len(self._queues)

    def close(self) -> None:
        """End all streams, so that their connections do not delay the end of the lab."""
        self._is_closed = True
        for queue in self._queues:
            while not queue.empty():
                queue.get_nowait()
            queue.put_nowait(None)
