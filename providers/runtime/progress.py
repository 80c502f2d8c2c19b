"""What a wait shows on its resource's row: on a terminal all the time, in a log what changes, or once a minute."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from config import wording
from huaweicloud.polling import Progress
from providers.runtime import process, step_metrics, terminal

LOG_EVERY_S, LOG_PARTS = 60.0, 4
"""A log gets a line for what is unchanged once a minute; a fraction counts as changed with every quarter."""
QUEUE_EVERY_S = 10.0
"""A queue is looked at often, and may be long: not each look is worth a message, which the engine keeps in memory."""

NOT_KNOWN = "end not known: the first build of this ISO file with this flavor"
"""In the place of the expected end of an installation."""

Report = Callable[[Progress], None]


def reporter(more: Callable[[], str] = str, lead: str = "") -> Report:
    """
    A function for huaweicloud.polling that shows progress on the row of the resource of this thread.

    Args:
        more: gives what else is to be shown on a terminal, such as an address; it is never shown in a log.
        lead: what a terminal shows before all else, for rows are cut at its width.
    """
    step, show = step_metrics.current(), _shown(live_every_s=0, lead=lead)
    is_first = step is not None and step.name == "installation" and step.is_first

    def report(progress: Progress) -> None:
        if step is not None:
            step.record_wait(progress.waited_s)
        usual_s = step.expected_s if step is not None else None
        elapsed_s = max(step.elapsed_s() if step is not None else 0.0, progress.waited_s)
        rest_s = rest(progress, elapsed_s, usual_s)
        end = expected_end(rest_s, datetime.now())
        if is_first and rest_s is None:
            end = NOT_KNOWN
        is_over = progress.ended or progress.outage
        show(progress, elapsed_s, "" if is_over else end, str if is_over else more)

    return report


def queue_reporter() -> Report:
    """The same for the time in which a step only waits for a place: nothing tells how long that takes."""
    show = _shown(live_every_s=QUEUE_EVERY_S)

    def report(progress: Progress) -> None:
        show(progress, progress.waited_s, "", str)

    return report


def _shown(live_every_s: float, lead: str = "") -> Callable[[Progress, float, str, Callable[[], str]], None]:
    urn, is_live = process.current_urn(), terminal.is_watched()
    changes = Changes(live_every_s, 100) if is_live else Changes(LOG_EVERY_S, LOG_PARTS)

    def show(progress: Progress, spent_s: float, end: str, more: Callable[[], str]) -> None:
        if changes.is_new(progress, time.monotonic()):
            is_led = is_live and not progress.ended
            parts = [
                progress.outage,
                lead if is_led else "",
                describe(progress),
                wording.duration(spent_s),
                end,
                more() if is_live else "",
            ]
            process.log(", ".join(filter(None, parts)), urn=urn, ephemeral=True)

    return show


class Changes:
    """
    What was shown last, and when.

    Args:
        every_s: after how many seconds what is unchanged is shown again.
        parts: a fraction has changed when it is in another one of so many equal parts.
    """

    def __init__(self, every_s: float, parts: int) -> None:
        self._every_s, self._parts = every_s, parts
        self._shown: object = None
        self._at_s = 0.0

    def is_new(self, progress: Progress, now_s: float) -> bool:
        """Whether it is to be shown."""
        part = None if progress.fraction is None else int(progress.fraction * self._parts)
        seen = (progress.subject, progress.state, part, bool(progress.outage))
        if seen == self._shown and now_s - self._at_s < self._every_s:
            return False
        self._shown, self._at_s = seen, now_s
        return True


def rest(progress: Progress, elapsed_s: float, usual_s: float | None) -> float | None:
    """
    How long a step still takes.

    Args:
        progress: what is reported of it counts more than what is usual.
        elapsed_s: seconds since it began.
        usual_s: seconds that it usually takes, where that is known.

    Returns:
        Seconds; None where nothing tells, or it takes longer than usual.
    """
    if progress.ended:
        return None
    if progress.remaining_s is not None:
        return progress.remaining_s
    if usual_s is None or usual_s <= elapsed_s:
        return None
    return usual_s - elapsed_s


def expected_end(rest_s: float | None, now: datetime) -> str:
    """When a step ends, in words: how long from now, and the time of day where it is not at once."""
    if rest_s is None:
        return ""
    if rest_s < 60:
        return f"ends in about {max(5, round(rest_s / 5) * 5)} s"
    end = now + timedelta(seconds=rest_s)
    return f"ends in about {wording.approximate_duration(rest_s)} ({end:%H:%M})"


def describe(progress: Progress) -> str:
    """A state and, where the cloud tells it, how much of it is done."""
    percent = f" {progress.fraction:.0%}" if progress.fraction is not None else ""
    return f"{progress.subject}: {progress.state}{percent}"
