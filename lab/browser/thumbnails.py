"""Pictures of servers' screens for the page: each is taken at most once a second, however many pages are open."""

import asyncio
import time
from collections.abc import Awaitable, Callable

LIFETIME_S = 1.0
MAX_CONCURRENT = 2
"""Pictures that are taken at the same time, so that a page never occupies all threads of the drivers."""

Take = Callable[[str], Awaitable[bytes | None]]


class Thumbnails:
    """
    Pictures of screens, kept for a moment.

    Args:
        take: Function that takes a picture of a server's screen (PNG), None if it has no screen.
        clock: Seconds that never run back.
    """

    def __init__(self, take: Take, clock: Callable[[], float] = time.monotonic) -> None:
        self._take, self._clock = take, clock
        self._kept: dict[str, tuple[float, asyncio.Task[bytes | None]]] = {}
        self._limit = asyncio.Semaphore(MAX_CONCURRENT)

    async def picture(self, server_id: str) -> bytes | None:
        """Return the picture of a server's screen, at most a second old."""
        now = self._clock()
        self._kept = {key: kept for key, kept in self._kept.items() if kept[0] > now or not kept[1].done()}
        if server_id not in self._kept:
            task = asyncio.create_task(self._limited(server_id))
            self._kept[server_id] = (now + LIFETIME_S, task)
        return await asyncio.shield(self._kept[server_id][1])

    async def _limited(self, server_id: str) -> bytes | None:
        async with self._limit:
            return await self._take(server_id)
