"""Runs of a stack as Pulumi has recorded them, with the time inside and outside of the steps."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from commands.report.figures.step_times import StepTime, number, time_of

UNCHANGED = "same"


class Run(NamedTuple):
    """
    Run of a stack that has ended.

    Attributes:
        kind: Kind of the run as Pulumi names it, such as `update`.
        began: Begin, in seconds since the epoch; Pulumi rounds it down to a second.
        ended: End, in seconds since the epoch.
        result: `succeeded` or `failed`.
        changes: Number of resources by operation, without unchanged ones.
    """

    kind: str
    began: float
    ended: float
    result: str
    changes: Mapping[str, int]

    @property
    def seconds(self) -> float:
        """Return the duration."""
        return max(self.ended - self.began, 0.0)


def parse(text: str) -> list[Run]:
    """
    Return the runs that `pulumi stack history --json` has printed, latest first.

    Only the named fields are read: the history also contains the configuration of each run.
    """
    try:
        found = json.loads(text)
    except ValueError:
        return []
    runs = [_run(entry) for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []
    return [run for run in runs if run is not None]


def _run(entry: Mapping[str, Any]) -> Run | None:
    began, ended = time_of(str(entry.get("startTime"))), time_of(str(entry.get("endTime")))
    if began is None or ended is None:
        return None
    changes = entry.get("resourceChanges")
    counted = changes.items() if isinstance(changes, dict) else ()
    kept = {str(name): int(number(count)) for name, count in counted if name != UNCHANGED and number(count)}
    return Run(str(entry.get("kind")), began, ended, str(entry.get("result")), kept)


def in_steps_s(began: float, ended: float, steps: Iterable[StepTime]) -> float:
    """Return the seconds between two times in which at least one step worked."""
    spans = sorted((max(step.work_begin, began), min(step.end, ended)) for step in steps)
    seconds, covered = 0.0, began
    for begin, end in spans:
        if end > covered:
            seconds += end - max(begin, covered)
            covered = end
    return seconds


def run_of(steps: Sequence[StepTime], runs: Iterable[Run]) -> Run | None:
    """Return the run in which the last of some steps ended; None if it is not recorded."""
    last = max((step.end for step in steps), default=None)
    if last is None:
        return None
    return next((run for run in runs if run.began - 1 <= last <= run.ended + 1), None)
