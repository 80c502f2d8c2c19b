"""The lab's clock: real time, or time that runs faster."""

import asyncio
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """A clock that runs ``scale`` times as fast as real time, from ``start`` on."""

    def __init__(self, scale: float = 1.0, start: datetime | None = None) -> None:
        """
        Start the clock.

        Args:
            scale: Lab seconds in a real second, greater than 0.
            start: Lab time now (UTC); the real time by default.
        """
        _check(scale)
        self._start = start or datetime.now(UTC)
        # One value, because threads read it: lab seconds at the last change of the scale, its real time, the scale.
        self._rate = (0.0, time.monotonic(), scale)
        self._sleepers: set[asyncio.Future[None]] = set()

    @property
    def scale(self) -> float:
        """Return the lab seconds in a real second."""
        return self._rate[2]

    def change_scale(self, scale: float) -> None:
        """Let the clock run at another speed from now on; waiting work waits the same lab seconds as before."""
        _check(scale)
        real = time.monotonic()
        self._rate = (self._at(real), real, scale)
        for sleeper in self._sleepers:
            _wake(sleeper)

    def now(self) -> datetime:
        """Return the lab time (UTC)."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Return the lab seconds since this clock was started."""
        return self._at(time.monotonic())

    async def sleep(self, seconds: float) -> None:
        """Wait for ``seconds`` lab seconds."""
        end = self.monotonic() + seconds
        await asyncio.sleep(0)
        while (left := end - self.monotonic()) > 0:
            await self._sleep_until_changed(left / self.scale)

    async def _sleep_until_changed(self, real_seconds: float) -> None:
        loop = asyncio.get_running_loop()
        sleeper = loop.create_future()
        timer = loop.call_later(real_seconds, _wake, sleeper)
        self._sleepers.add(sleeper)
        try:
            await sleeper
        finally:
            timer.cancel()
            self._sleepers.discard(sleeper)

    def _at(self, real: float) -> float:
        passed, since, scale = self._rate
        return passed + (real - since) * scale


def _check(scale: float) -> None:
    if scale <= 0:
        raise ValueError("the time scale must be greater than 0")


def _wake(sleeper: "asyncio.Future[None]") -> None:
    if not sleeper.done():
        sleeper.set_result(None)
