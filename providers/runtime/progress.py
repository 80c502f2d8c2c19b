"""
Progress of a wait on its resource's row: every poll on a terminal; changes, or one line a minute, in a log.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from config import wording
from huaweicloud.polling import Progress
from providers.runtime import process, step_metrics, terminal

LOG_EVERY_S, LOG_PARTS = 60.0, 4
"""A log gets a line for an unchanged state once a minute; a fraction counts as changed with every quarter."""
QUEUE_EVERY_S = 10.0
"""Queues are polled often, and may be long: the engine keeps every message in memory, so not each poll gets one."""

UNKNOWN_END = "end unknown: first build of this ISO file with this flavor"
"""Text in the place of the remaining time of an installation."""
SUBJECT_OF_ROW = "installation"
"""Subject that a row leaves out, because the type of its resource names it."""

Report = Callable[[Progress], None]


def reporter(more: Callable[[], str] = str, lead: str = "") -> Report:
    """
    Return a function for huaweicloud.polling that shows progress on the row of this thread's resource.

    Args:
        more: Function that returns further text for a terminal, such as an address; a log never shows it.
        lead: Text that a terminal shows first, because rows are cut at its width.
    """
    step, show = step_metrics.current(), _shown(live_every_s=0, lead=lead)
    is_first = step is not None and step.name == "installation" and step.is_first

    def report(progress: Progress) -> None:
        if step is not None:
            step.record_wait(progress.waited_s)
        usual_s = step.expected_s if step is not None else None
        elapsed_s = max(step.elapsed_s() if step is not None else 0.0, progress.waited_s)
        rest_s = rest(progress, elapsed_s, usual_s)
        end = remaining(rest_s, datetime.now())
        if is_first and rest_s is None:
            end = UNKNOWN_END
        is_over = progress.ended or progress.outage
        show(progress, elapsed_s, "" if is_over else end, str if is_over else more)

    return report


def queue_reporter() -> Report:
    """Return a function like that of reporter() for a step in a queue, whose end is never known."""
    show = _shown(live_every_s=QUEUE_EVERY_S)

    def report(progress: Progress) -> None:
        show(progress, progress.waited_s, "", str)

    return report


def _shown(live_every_s: float, lead: str = "") -> Callable[[Progress, float, str, Callable[[], str]], None]:
    urn, is_live = process.current_urn(), terminal.is_watched()
    changes = Changes(live_every_s, 100) if is_live else Changes(LOG_EVERY_S, LOG_PARTS)

    def show(progress: Progress, elapsed_s: float, end: str, more: Callable[[], str]) -> None:
        if changes.is_new(progress, time.monotonic()):
            is_led = is_live and not progress.ended
            parts = [
                progress.outage,
                lead if is_led else "",
                describe(progress),
                f"{wording.duration(elapsed_s)} elapsed",
                end,
                more() if is_live else "",
            ]
            process.log(", ".join(filter(None, parts)), urn=urn, ephemeral=True)

    return show


class Changes:
    """
    Filter of progress that shows a state again only after a change or some time.

    Args:
        every_s: Seconds after which an unchanged state is shown again.
        parts: Number of equal parts of a fraction; a fraction has changed when it is in another part.
    """

    def __init__(self, every_s: float, parts: int) -> None:
        self._every_s, self._parts = every_s, parts
        self._shown: object = None
        self._at_s = 0.0

    def is_new(self, progress: Progress, now_s: float) -> bool:
        """Return True if progress is to be shown."""
        part = None if progress.fraction is None else int(progress.fraction * self._parts)
        seen = (progress.subject, progress.state, part, bool(progress.outage))
        if seen == self._shown and now_s - self._at_s < self._every_s:
            return False
        self._shown, self._at_s = seen, now_s
        return True


def rest(progress: Progress, elapsed_s: float, usual_s: float | None) -> float | None:
    """
    Return the seconds that a step still takes.

    Args:
        progress: Reported progress, which counts more than the usual duration.
        elapsed_s: Seconds since the step began.
        usual_s: Seconds that it usually takes; None if that is not known.

    Returns:
        Seconds; None if nothing predicts it, or the step takes longer than usual.
    """
    if progress.ended:
        return None
    if progress.remaining_s is not None:
        return progress.remaining_s
    if usual_s is None or usual_s <= elapsed_s:
        return None
    return usual_s - elapsed_s


def remaining(rest_s: float | None, now: datetime) -> str:
    """Return the remaining time in words, with the time of day of the end from one minute on; "" for None."""
    if rest_s is None:
        return ""
    if rest_s < 60:
        return f"about {max(5, round(rest_s / 5) * 5)} s left"
    end = now + timedelta(seconds=rest_s)
    return f"about {wording.approximate_duration(rest_s)} left ({end:%H:%M})"


def describe(progress: Progress) -> str:
    """Return the subject, the state and, if the cloud reports it, the percentage done."""
    percent = f" {progress.fraction:.0%}" if progress.fraction is not None else ""
    subject = "" if progress.subject == SUBJECT_OF_ROW else f"{progress.subject}: "
    return f"{subject}{progress.state}{percent}"
