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
        if scale <= 0:
            raise ValueError("the time scale must be greater than 0")
        self.scale = scale
        self._start = start or datetime.now(UTC)
        self._origin = time.monotonic()

    def now(self) -> datetime:
        """Return the lab time (UTC)."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Return the lab seconds since this clock was started."""
        return (time.monotonic() - self._origin) * self.scale

    async def sleep(self, seconds: float) -> None:
        """Wait for ``seconds`` lab seconds."""
        await asyncio.sleep(max(seconds, 0.0) / self.scale)
