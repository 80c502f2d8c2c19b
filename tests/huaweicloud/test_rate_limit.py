import pytest

from huaweicloud.transport.rate_limit import (
    FALL_AT_ONCE,
    FULL_RATE_PER_S,
    LEAST_RATE_PER_S,
    MEASURED_OVER_S,
    RateLimiter,
    Ticket,
)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def low_priority_ticket() -> Ticket:
    """Return a ticket of a request that only polls."""
    return Ticket(is_low_priority=True)


class Service:
    """Service that accepts a number of requests per second and rejects all others, as the lab's gateway does."""

    def __init__(self, limiter: RateLimiter, clock: Clock, limit: int) -> None:
        self.limiter, self.clock, self.limit = limiter, clock, limit
        self.responded = self.refused = 0

    def run(self, seconds: int) -> None:
        """Send many more requests than that."""
        ticket = Ticket()
        for _ in range(seconds):
            in_this_second = 0
            for _ in range(100):
                if self.limiter.acquire(ticket) == 0:
                    in_this_second += 1
                    ticket = Ticket()
                    if in_this_second > self.limit:
                        self.refused += 1
                        self.limiter.throttled(None)
                self.clock.now += 0.01
            self.responded += min(in_this_second, self.limit)
        self.limiter.abandon(ticket)


def test_a_run_of_one_build_is_never_slowed() -> None:
    limiter = RateLimiter(Clock())

    assert [limiter.acquire(Ticket()) for _ in range(int(FULL_RATE_PER_S))] == [0.0] * int(FULL_RATE_PER_S)


def test_more_than_the_rate_waits_its_turn() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)
    tickets = [Ticket() for _ in range(int(FULL_RATE_PER_S) * 3)]
    sent = []

    while clock.now < 2.1:
        sent += [ticket for ticket in tickets if ticket not in sent and limiter.acquire(ticket) == 0]
        if clock.now < 1.9:
            assert len(sent) < len(tickets)
        clock.now += 0.1

    assert sent == tickets, "in the order of asking"


def test_polling_has_the_lowest_priority_however_long_it_has_waited() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)
    for _ in range(int(FULL_RATE_PER_S)):
        limiter.acquire(Ticket())
    polling, other = low_priority_ticket(), Ticket()
    assert limiter.acquire(polling) > 0
    assert limiter.acquire(other) > 0

    clock.now += 1 / FULL_RATE_PER_S

    assert limiter.acquire(polling) > 0
    assert limiter.acquire(other) == 0
    clock.now += 1 / FULL_RATE_PER_S
    assert limiter.acquire(polling) == 0


def test_an_abandoned_ticket_makes_way_for_the_next() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)
    for _ in range(int(FULL_RATE_PER_S)):
        limiter.acquire(Ticket())
    abandoned, next_one = Ticket(), Ticket()
    limiter.acquire(abandoned)
    limiter.acquire(next_one)

    limiter.abandon(abandoned)
    clock.now += 1 / FULL_RATE_PER_S

    assert limiter.acquire(next_one) == 0


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


def test_a_refusal_slows_down_to_less_than_the_admitted_rate() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)
    for _ in range(40):
        limiter.acquire(Ticket())
        clock.now += 0.05
    limiter.throttled(None)

    assert 0.5 * 40 / MEASURED_OVER_S < limiter.rate_per_s < 40 / MEASURED_OVER_S


def test_the_rate_recovers_and_never_falls_to_nothing() -> None:
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

    assert service.responded > 0.75 * limit * 120
    assert service.refused < 0.3 * service.responded


def test_no_request_is_sent_before_the_time_that_the_service_requested() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)

    limiter.throttled(5)
    ticket = Ticket()

    assert limiter.acquire(ticket) >= 5
    clock.now += 5
    assert limiter.acquire(ticket) == 0
