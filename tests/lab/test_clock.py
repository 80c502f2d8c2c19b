"""The lab's clock, whose speed may change while work waits for it."""

import asyncio
import time

import pytest

from lab.clock import Clock


def test_time_goes_on_from_where_it_was_at_another_speed() -> None:
    clock = Clock(1000)
    real, before = time.monotonic(), clock.now()

    clock.change_scale(0.001)
    after = clock.now()

    assert before <= after
    assert (after - before).total_seconds() <= (time.monotonic() - real) * 1000
    assert clock.scale == 0.001


@pytest.mark.parametrize("scale", [0, -1])
def test_time_never_stands_still_or_runs_back(scale: float) -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        Clock(scale)
    clock = Clock()
    with pytest.raises(ValueError, match="greater than 0"):
        clock.change_scale(scale)
    assert clock.scale == 1


def test_waiting_work_ends_early_on_a_faster_clock_and_not_too_early_on_a_slower_one() -> None:
    async def work() -> None:
        clock = Clock(1)
        waiting = asyncio.create_task(clock.sleep(3600))
        await asyncio.sleep(0)
        clock.change_scale(1_000_000)
        await asyncio.wait_for(waiting, 10)
        assert clock.monotonic() >= 3600

        begin = clock.monotonic()
        waiting = asyncio.create_task(clock.sleep(10_000))  # ten milliseconds
        await asyncio.sleep(0)
        clock.change_scale(1)
        done, _ = await asyncio.wait([waiting], timeout=0.1)
        assert not done
        clock.change_scale(1_000_000)
        await asyncio.wait_for(waiting, 10)
        assert clock.monotonic() - begin >= 10_000

    asyncio.run(work())
