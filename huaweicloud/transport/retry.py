"""Retry policy: the decision to repeat a request, and the delay before it. Pure functions."""

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from huaweicloud.errors import tree
from huaweicloud.errors.codes import TASK_LIMITS
from huaweicloud.transport.messages import Request

FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 20.0
LONGEST_DELAY_WHEN_THROTTLED_S = 1.0
"""A throttled request queues for a new ticket anyway."""
ATTEMPTS_ON_INVALID_RESPONSES = 6
ATTEMPTS_TO_REACH_A_NEW_HOST = 3


def should_retry(request: Request, error: tree.CloudError) -> bool:
    """
    Return True if the request may be sent again.

    It may if it can succeed later, and either nothing happened or a repetition does no harm. A conflict is left to the
    caller, which knows the state that it waits for.

    Args:
        request: Request that failed.
        error: Error of the request.
    """
    if not error.retryable or isinstance(error, tree.Conflict):
        return False
    return error.nothing_happened or request.may_be_repeated


def is_throttled(error: tree.CloudError) -> bool:
    """
    Return True if the service refused a request because of the rate of requests.

    A refusal because of too many tasks in progress says nothing about that rate.

    Args:
        error: Error of the request.
    """
    return isinstance(error, tree.RateLimited) and error.code not in TASK_LIMITS


def retry_delay(
    request: Request, error: tree.CloudError, attempt: int, remaining_s: float, reached: bool, rng: random.Random
) -> float | None:
    """
    Return the delay before the next attempt.

    Args:
        request: Request that failed.
        error: Error of the attempt.
        attempt: Number of attempts made so far, from 1.
        remaining_s: Seconds left for all attempts together.
        reached: Whether the host has ever responded; one that never has gets fewer attempts.
        rng: Source of the jitter.

    Returns:
        Seconds, or None to give up.
    """
    if not should_retry(request, error):
        return None
    if isinstance(error, tree.InvalidResponse) and attempt >= ATTEMPTS_ON_INVALID_RESPONSES:
        return None
    if isinstance(error, tree.ConnectionLost) and not reached and attempt >= ATTEMPTS_ON_INVALID_RESPONSES:
        return None
    if isinstance(error, tree.Unreachable) and not reached and attempt >= ATTEMPTS_TO_REACH_A_NEW_HOST:
        return None
    asked = error.retry_after if isinstance(error, tree.ApiError) else None
    longest = LONGEST_DELAY_WHEN_THROTTLED_S if is_throttled(error) else LONGEST_DELAY_S
    ceiling = min(longest, FIRST_DELAY_S * 2 ** (attempt - 1))
    delay = asked + rng.uniform(0, min(1.0, asked)) if asked is not None else rng.uniform(0, ceiling)
    return delay if delay < remaining_s else None


def parse_retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """
    Read a Retry-After header.

    Args:
        value: Seconds or an HTTP date.
        now: Present time, for tests.

    Returns:
        Seconds from now, not negative; None without a readable header.
    """
    if not value:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
