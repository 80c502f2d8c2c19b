"""Waits with a simulated clock: the polling policy as a wait applies it, without requests and without time."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from huaweicloud.waits.poll_interval import next_interval
from huaweicloud.waits.wait_progress import Forecast

Report = Callable[[float], float | None]
PHASES = tuple((number + 0.5) / 40 for number in range(40))
"""Phases of the first interval, evenly spread instead of random."""


@dataclass(frozen=True)
class Noticed:
    """
    End of a wait as the policy notices it.

    Attributes:
        late_s: Seconds from the end until the poll that notices it.
        polls: Number of polls.
        longest_s: Longest interval between two polls.
    """

    late_s: float
    polls: int
    longest_s: float


def no_report(_: float) -> float | None:
    return None


def simulate(
    duration_s: float, *, phase: float = 0.5, report: Report = no_report, expected_s: float | None = None
) -> Noticed:
    """
    Wait for something of a duration.

    Args:
        phase: Fraction of the first interval.
        report: Progress that the service reports after some seconds.
        expected_s: Predicted duration.
    """
    forecast, now_s, polls, remaining_s, longest_s = Forecast(), 0.0, 0, None, 0.0
    while now_s < duration_s:
        pause_s = next_interval(
            now_s, polls, phase=1.0 if polls else phase, remaining_s=remaining_s, expected_s=expected_s
        )
        now_s, polls, longest_s = now_s + pause_s, polls + 1, max(longest_s, pause_s)
        remaining_s = forecast.update(report(min(now_s, duration_s)), now_s)
    return Noticed(now_s - duration_s, polls, longest_s)


def at_all_phases(
    duration_s: float, *, report: Report = no_report, expected_s: float | None = None, phases: Sequence[float] = PHASES
) -> Sequence[Noticed]:
    """Return the same wait with each of the phases."""
    return [simulate(duration_s, phase=phase, report=report, expected_s=expected_s) for phase in phases]


def mean_late_s(waits: Sequence[Noticed]) -> float:
    return statistics.mean(wait.late_s for wait in waits)


def worst_late_s(waits: Sequence[Noticed]) -> float:
    return max(wait.late_s for wait in waits)


def mean_polls(waits: Sequence[Noticed]) -> float:
    return statistics.mean(wait.polls for wait in waits)
