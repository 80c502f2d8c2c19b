from huaweicloud.rate_limit import FULL_RATE_PER_S, LEAST_RATE_PER_S, RateLimiter


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_run_of_one_build_is_never_slowed() -> None:
    limiter = RateLimiter(Clock())

    assert [limiter.reserve() for _ in range(int(FULL_RATE_PER_S))] == [0.0] * int(FULL_RATE_PER_S)


def test_more_than_the_rate_waits_its_turn() -> None:
    limiter = RateLimiter(Clock())

    waits = [limiter.reserve() for _ in range(int(FULL_RATE_PER_S) * 3)]

    assert waits == sorted(waits)
    assert abs(waits[-1] - 2.0) < 0.1


def test_a_refusal_halves_the_rate_once_for_a_burst_of_them() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)

    for _ in range(64):
        limiter.throttled(None)
    assert limiter.rate_per_s == FULL_RATE_PER_S / 2

    clock.now += 1.5
    limiter.throttled(None)
    assert FULL_RATE_PER_S / 4 <= limiter.rate_per_s < FULL_RATE_PER_S / 2


def test_the_rate_recovers_step_by_step_and_never_falls_to_nothing() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)
    for _ in range(20):
        clock.now += 1.1
        limiter.throttled(None)
    lowest = limiter.rate_per_s

    clock.now += 4
    some = limiter.rate_per_s
    clock.now += 1000

    assert lowest >= LEAST_RATE_PER_S
    assert abs(some - lowest - 2) < 0.01
    assert limiter.rate_per_s == FULL_RATE_PER_S


def test_nobody_sends_before_the_time_that_the_service_asked_for() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)

    limiter.throttled(5)

    assert limiter.reserve() >= 5
    clock.now += 5
    assert limiter.reserve() < 1
