"""First-in, first-out queue of threads whose head passes as soon as it is admitted."""

import threading
import time
from collections import deque
from collections.abc import Callable

from huaweicloud.polling import Progress
from providers.runtime import process, progress, step_metrics

CANCEL_SEEN_WITHIN_S = 0.5


class AdmissionQueue:
    """Queue of threads, of which only the first asks for admission."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    def __len__(self) -> int:
        """Return the number of threads that wait."""
        return len(self._waiting)

    def enter(self, admit: Callable[[], bool], subject: str, resource: str) -> None:
        """
        Wait to be the first, and admitted.

        Args:
            admit: Function that returns True if the first may pass; never called by two threads at a time.
            subject: Subject that waits, for the resource's row.
            resource: Resource that it waits for, for the resource's row.

        Raises:
            Cancelled: The run is cancelled.
        """
        turn = threading.Event()
        with self._lock:
            self._waiting.append(turn)
        began, report = time.monotonic(), progress.queue_reporter()
        try:
            with step_metrics.queued():
                while not (self._waiting[0] is turn and admit()):
                    report(Progress(subject, f"waits for {resource}", None, time.monotonic() - began))
                    turn.clear()
                    turn.wait(CANCEL_SEEN_WITHIN_S)
                    process.pause(0, subject)
        finally:
            with self._lock:
                self._waiting.remove(turn)
            self.wake()

    def wake(self) -> None:
        """Let the first ask again."""
        with self._lock:
            if self._waiting:
                self._waiting[0].set()
