"""Scheduler of a fleet's runs. Ctrl-C interrupts the running ones and prevents further ones."""

import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

from commands.fleet.executor import Executor
from commands.fleet.result import Result, Run
from config import wording
from huaweicloud.printable import printable

_INTERRUPT = None
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_all(executor: Executor, runs: Sequence[Run], at_once: int) -> tuple[list[Result], bool]:
    """
    Run all stacks; a failure does not stop the others.

    Returns:
        The results in the order of the runs, and True if the fleet was interrupted.
    """
    events: SimpleQueue[Result | None] = SimpleQueue()
    waiting, running, interrupted = deque(runs), 0, False
    results: dict[str, Result] = {}
    with _signals(lambda: events.put(_INTERRUPT)):
        while running or waiting:
            while waiting and running < at_once:
                executor.submit(waiting.popleft(), events.put)
                running += 1
            event = events.get()
            if event is _INTERRUPT:
                interrupted = True
                results |= {run.stack: Result(run.stack, "not run") for run in waiting}
                waiting.clear()
                number = executor.interrupt(runs[0].fleet_run)
                say(f"interrupted: {wording.count(number, 'run')} will end now; no further run starts")
            else:
                running -= 1
                results[event.stack] = event
                _report(event, len(results), len(runs))
    return [results[run.stack] for run in runs], interrupted


def say(text: str) -> None:
    """Print a message of the fleet on standard error."""
    print(printable(f"fleet: {text}"), file=sys.stderr, flush=True)


def _report(result: Result, ended: int, count: int) -> None:
    where = f" on {result.machine}" if result.machine else ""
    say(f"[{ended}/{count}] {result.stack}: {result.status}, {result.seconds:.0f} s{where}")
    for line in () if result.good else result.detail.splitlines():
        say(f"    {line}")


@contextmanager
def _signals(react: Callable[[], None]) -> Iterator[None]:
    """Call `react` on SIGINT and SIGTERM instead of ending."""

    def handle(_number: int, _frame: Any) -> None:
        react()

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
