"""Limits of an inspection, which a hostile disk must not exceed, and the errors of all readers."""

import time

MIB = 1 << 20
MAX_SECONDS = 30.0
MAX_READ_BYTES = 4096 * MIB
"""Bytes of the image file, and of what was compressed in it."""
MAX_REQUEST_BYTES = 8 * MIB
"""Largest piece that is read at once, so that no number on the disk decides how much memory is used."""


class NotRead(Exception):
    """Content of a disk that cannot be read; its message is a clause with the reason."""


class Unsupported(NotRead):
    """Content of a kind that the readers do not know."""


class Truncated(NotRead):
    """Content that lies beyond the end of the image file or of the disk."""


class LimitReached(Exception):
    """End of an inspection that has taken too long, or has read too much."""


class Budget:
    """
    Time and bytes that an inspection may still use.

    Args:
        seconds: Longest duration.
        read_bytes: Most bytes that may be read.
    """

    def __init__(self, seconds: float = MAX_SECONDS, read_bytes: int = MAX_READ_BYTES) -> None:
        self._seconds, self._total = seconds, read_bytes
        self._deadline, self._left = time.monotonic() + seconds, read_bytes

    @property
    def seconds_left(self) -> float:
        return max(self._deadline - time.monotonic(), 0.0)

    def spend(self, read_bytes: int = 0) -> None:
        """
        Subtract bytes that are read or unpacked.

        Raises:
            LimitReached: The time is up, or too much was read.
        """
        self._left -= read_bytes
        if self._left < 0:
            raise LimitReached(f"more than {self._total // MIB} MiB had to be read")
        if time.monotonic() > self._deadline:
            raise LimitReached(f"it took longer than {self._seconds:g} s")
