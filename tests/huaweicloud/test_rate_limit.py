import pytest

from huaweicloud.transport.rate_limit import (
    FALL_AT_ONCE,
    FULL_RATE_PER_S,
    LEAST_RATE_PER_S,
    MEASURED_OVER_S,
    RateLimiter,
    Turn,
    low_priority,
)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def look() -> Turn:
    """The turn of a look of a wait."""
    with low_priority():
        return Turn()


class Service:
    """Lets so many requests a second through, and refuses the others, as the lab's gateway does."""

    def __init__(self, limiter: RateLimiter, clock: Clock, limit: int) -> None:
        self.limiter, self.clock, self.limit = limiter, clock, limit
        self.answered = self.refused = 0

    def run(self, seconds: int) -> None:
        """Ask for many more than that."""
        turn = Turn()
        for _ in range(seconds):
            in_this_second = 0
            for _ in range(100):
                if self.limiter.take(turn) == 0:
                    in_this_second += 1
                    turn = Turn()
                    if in_this_second > self.limit:
                        self.refused += 1
                        self.limiter.throttled(None)
                self.clock.now += 0.01
            self.answered += min(in_this_second, self.limit)
        self.limiter.give_up(turn)


def test_a_run_of_one_build_is_never_slowed() -> None:
    limiter = RateLimiter(Clock())

    assert [limiter.take(Turn()) for _ in range(int(FULL_RATE_PER_S))] == [0.0] * int(FULL_RATE_PER_S)


def test_more_than_the_rate_waits_its_turn() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)
    turns = [Turn() for _ in range(int(FULL_RATE_PER_S) * 3)]
    sent = []

    while clock.now < 2.1:
        sent += [turn for turn in turns if turn not in sent and limiter.take(turn) == 0]
        if clock.now < 1.9:
            assert len(sent) < len(turns)
        clock.now += 0.1

    assert sent == turns, "in the order of asking"


def test_looks_of_waits_go_after_all_others_however_long_they_have_waited() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)
    for _ in range(int(FULL_RATE_PER_S)):
        limiter.take(Turn())
    patient, urgent = look(), Turn()
    assert limiter.take(patient) > 0
    assert limiter.take(urgent) > 0

    clock.now += 1 / FULL_RATE_PER_S

    assert limiter.take(patient) > 0
    assert limiter.take(urgent) == 0
    clock.now += 1 / FULL_RATE_PER_S
    assert limiter.take(patient) == 0


def test_a_request_that_is_given_up_leaves_its_turn_to_the_next() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)
    for _ in range(int(FULL_RATE_PER_S)):
        limiter.take(Turn())
    given_up, next_one = Turn(), Turn()
    limiter.take(given_up)
    limiter.take(next_one)

    limiter.give_up(given_up)
    clock.now += 1 / FULL_RATE_PER_S

    assert limiter.take(next_one) == 0


def test_a_burst_of_refusals_slows_down_once() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)
    for _ in range(64):
        limiter.throttled(None)
    slowed = limiter.rate_per_s

    clock.now += 1.1
    limiter.throttled(None)

    assert FULL_RATE_PER_S / FALL_AT_ONCE / 2 < slowed < FULL_RATE_PER_S / FALL_AT_ONCE
    assert limiter.rate_per_s < slowed


def test_a_refusal_slows_down_to_less_than_what_was_let_through() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)
    for _ in range(40):
        limiter.take(Turn())
        clock.now += 0.05
    limiter.throttled(None)

    assert 0.5 * 40 / MEASURED_OVER_S < limiter.rate_per_s < 40 / MEASURED_OVER_S


def test_the_rate_comes_back_and_never_falls_to_nothing() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)
    for _ in range(20):
        clock.now += 1.1
        limiter.throttled(None)
    lowest = limiter.rate_per_s

    rates = []
    for _ in range(30):
        clock.now += 1
        rates.append(limiter.rate_per_s)

    assert lowest >= LEAST_RATE_PER_S
    assert rates == sorted(rates)
    assert rates[-1] == FULL_RATE_PER_S


@pytest.mark.parametrize("limit", [1, 2, 5, 20])
def test_a_service_that_lets_few_through_is_used_nearly_to_its_limit(limit: int) -> None:
    clock = Clock()
    service = Service(RateLimiter(clock), clock, limit)

    service.run(120)

    assert service.answered > 0.75 * limit * 120
    assert service.refused < 0.3 * service.answered


def test_nobody_sends_before_the_time_that_the_service_asked_for() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)

    limiter.throttled(5)
    turn = Turn()

    assert limiter.take(turn) >= 5
    clock.now += 5
    assert limiter.take(turn) == 0
