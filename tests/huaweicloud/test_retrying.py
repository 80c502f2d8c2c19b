import random
from datetime import UTC, datetime

import pytest

from huaweicloud.errors import tree
from huaweicloud.transport.messages import Request
from huaweicloud.transport.retry import parse_retry_after, retry_delay

GET = Request(service="ims", method="GET", base_url="https://x", path="/")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("7", 7.0),
        ("Tue, 01 Jan 2030 00:01:00 GMT", 60.0),
        ("Mon, 31 Dec 2029 00:00:00 GMT", 0.0),
        ("soon", None),
        ("-3", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, datetime(2030, 1, 1, tzinfo=UTC)) == seconds


def test_delays_grow_up_to_a_ceiling_with_full_jitter() -> None:
    error = tree.ServerSideError("m", status=500)
    rng = random.Random(7)

    longest = [
        max(retry_delay(GET, error, attempt, 1e9, True, rng) or 0 for _ in range(200)) for attempt in range(1, 9)
    ]

    assert all(low <= high for low, high in zip([0.4, 0.8, 1.6, 3, 6, 12, 15, 15], longest, strict=True))
    assert max(longest) <= 20


def test_no_retry_is_sent_before_the_time_that_the_service_requested() -> None:
    error = tree.RateLimited("m", status=429, retry_after=3)
    rng = random.Random(7)

    assert all(3 <= (retry_delay(GET, error, 1, 1e9, True, rng) or 0) <= 4 for _ in range(100))


def test_no_attempt_is_made_that_would_end_after_the_deadline() -> None:
    error = tree.RateLimited("m", status=429, retry_after=3)

    assert retry_delay(GET, error, 1, 2.9, True, random.Random(7)) is None
