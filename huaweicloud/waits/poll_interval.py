"""
Intervals between the polls of one wait, as a pure function.

The end of a wait is noticed at its next poll: on average half an interval late, at worst a whole one. Requests are
cheap and minutes are not, so the interval stays short at every length.

A prediction only adds polls, near the predicted end. It never removes any, because it may be wrong: so no prediction
makes a wait end later than without it.
"""

import math

MIN_INTERVAL_S = 1.0
MAX_INTERVAL_S = 3.7
"""Largest interval without a prediction: 1.85 s late on average leaves 0.15 s for the request."""
POLL_FRACTION = 0.125
"""Interval without a prediction, as a fraction of the time waited."""
NEAR_FRACTION = 0.06
NEAR_S = 15.0
"""Distance from a predicted end within which polls are dense: a fraction of the whole wait, at least some seconds."""
EXTRA_POLLS, EXTRA_FRACTION = 10, 0.16
"""Largest number of polls that predictions add to those of a wait without any, and a fraction of these."""


def next_interval(
    waited_s: float,
    polls: int = 0,
    *,
    phase: float = 1.0,
    remaining_s: float | None = None,
    expected_s: float | None = None,
) -> float:
    """
    Return the time until the next poll.

    Args:
        waited_s: Seconds waited so far.
        polls: Number of polls so far.
        phase: Fraction of the interval (0 to 1): random for the first one, so that the polls of a wait are at random
            times. Otherwise some durations would always be noticed a whole interval late.
        remaining_s: Seconds that the wait will go on, by the progress that the cloud reports.
        expected_s: Usual duration of such a wait (seconds), if known.

    Returns:
        Seconds: a fraction of the time waited, within the limits. Near a predicted end the interval falls to the
        minimum, as long as `most_polls()` permits it.
    """
    interval = max(min(POLL_FRACTION * waited_s, MAX_INTERVAL_S), MIN_INTERVAL_S)
    end_s = expected_s if remaining_s is None else waited_s + remaining_s
    if end_s is not None and math.isfinite(end_s) and polls < most_polls(waited_s):
        near_s, distance_s = max(NEAR_S, NEAR_FRACTION * end_s), abs(end_s - waited_s)
        interval = max(interval * min(distance_s / near_s, 1.0), MIN_INTERVAL_S)
    return interval * phase


def unpredicted_polls(waited_s: float) -> float:
    """Return the number of polls that a wait without a prediction has made after some seconds."""
    steady_from_s, grows_from_s = _seconds_at(MAX_INTERVAL_S), _seconds_at(MIN_INTERVAL_S)
    polls = min(waited_s, grows_from_s) / MIN_INTERVAL_S
    if waited_s > grows_from_s:
        polls += math.log(min(waited_s, steady_from_s) / grows_from_s) / math.log(1 + POLL_FRACTION)
    return polls + max(waited_s - steady_from_s, 0.0) / MAX_INTERVAL_S


def most_polls(waited_s: float) -> float:
    """Return the number of polls from which predictions are ignored, because they may have been wrong all the time."""
    return (1 + EXTRA_FRACTION) * unpredicted_polls(waited_s) + EXTRA_POLLS


def _seconds_at(interval_s: float) -> float:
    return interval_s / POLL_FRACTION
