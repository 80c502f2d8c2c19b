"""
Supervision of background work, so that none of it ends without a report.

Repeated work continues after a failure: the failure and the recovery are logged, and a failure that lasts is in `GET
/health`. Work that ends although it must not ends the lab.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from lab.files.disk_space import is_full_disk

log = logging.getLogger(__name__)

REMINDER_S = 60.0
"""Real seconds between two log entries on a failure that lasts."""

Round = Callable[[], Awaitable[None]]


class BackgroundFailed(Exception):
    """Report of background work that has ended although it must not; the message names it."""


class Supervisor:
    """
    Supervisor of a lab's background work, which it starts and watches.

    Args:
        clock: Real seconds that never run back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._ended: asyncio.Event | None = None
        self._failure: BackgroundFailed | None = None
        self.problems: dict[str, str] = {}
        """Sentence for each repeated work that fails now, by its name."""

    def repeat(self, name: str, interval_s: float, work: Round) -> None:
        """
        Repeat rounds of work until :meth:`stop`.

        Args:
            name: Name of the work in messages.
            interval_s: Real seconds between two rounds.
            work: One round.
        """
        self.start(name, self._repeat(name, interval_s, work))

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start work that must not fail; if it does, :meth:`failed` returns."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._note_end)
        return task

    async def failed(self) -> BackgroundFailed:
        """Wait until work has ended although it must not."""
        if self._ended is None:
            self._ended = asyncio.Event()
        while self._failure is None:
            await self._ended.wait()
        return self._failure

    async def stop(self) -> None:
        """End all work."""
        self._stopping = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _repeat(self, name: str, interval_s: float, work: Round) -> None:
        failing_since = told_at = 0.0
        reason = ""
        while True:
            await asyncio.sleep(interval_s)
            try:
                await work()
            except Exception as error:
                now, reason = self._clock(), _reason(error)
                failing_since = failing_since or now
                if not told_at or now - told_at >= REMINDER_S:
                    told_at = now
                    trace = None if is_full_disk(error) else error
                    log.error("%s failed and will be repeated: %s", name, reason, exc_info=trace)
                self.problems[name] = f"{name} has been failing for {now - failing_since:.0f} s: {reason}"
            else:
                if failing_since:
                    # The log may lie on the disk that was full, so the reason is logged again.
                    log.warning(
                        "%s recovered after %.0f s of failures: %s", name, self._clock() - failing_since, reason
                    )
                failing_since = told_at = 0.0
                self.problems.pop(name, None)

    def _note_end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            error: BaseException | None = None if self._stopping else asyncio.CancelledError()
        else:
            error = task.exception()
        if error is None:
            return
        log.critical("%s has ended; stopping the lab", task.get_name(), exc_info=error)
        self._failure = self._failure or BackgroundFailed(f"{task.get_name()} has ended: {_reason(error)}")
        if self._ended is not None:
            self._ended.set()


def _reason(error: BaseException) -> str:
    return "the disk of the lab is full" if is_full_disk(error) else f"{type(error).__name__}; see lab.log"
