"""Metrics of the step that this thread works on: its duration and its requests."""

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from pulumi.dynamic import CreateResult

from huaweicloud.transport.request_counter import RequestCount, counted
from preflight import duration_history
from preflight.duration_history import StepName
from providers.runtime import similar_builds
from providers.runtime.properties import Props

Provider = TypeVar("Provider")
Create = Callable[[Provider, Props], CreateResult]


class Step:
    """
    Step under way.

    Args:
        region: Region of the step.
        name: Name of the step.
        count: Count of its requests.
        basis: Digest of what its duration depends on, see providers.runtime.similar_builds; None if unknown.

    Attributes:
        expected_s: Median seconds of similar builds in this region; None if unknown.
    """

    def __init__(self, region: str, name: StepName, count: RequestCount, basis: str | None = "") -> None:
        self.region, self.name, self._count, self._basis = region, name, count, basis
        self.expected_s = None if basis is None else duration_history.expected_s(region, name, basis)
        self._began = time.monotonic()
        self._queued_s = 0.0
        self._waited_s = 0.0
        self._is_typical = True

    @property
    def is_first(self) -> bool:
        """Return True if no similar build has recorded a duration, and this one will."""
        return self.expected_s is None and self._is_typical

    def elapsed_s(self) -> float:
        """Return the seconds of work, without those in a queue."""
        return time.monotonic() - self._began - self._queued_s

    def record_wait(self, waited_s: float) -> None:
        """Record a wait whose object began some seconds ago, which may be before the step began."""
        self._waited_s = max(self._waited_s, waited_s)

    def record_queue_time(self, seconds: float) -> None:
        """Record seconds in a queue."""
        self._queued_s += seconds

    def exclude_from_estimates(self) -> None:
        """Exclude a step that continues an earlier run or waits for a person from the estimates of other builds."""
        self._is_typical, self.expected_s = False, None

    def with_metrics(self, outs: Props | None) -> Props:
        """Return the outputs with the metrics of the step, unless they have them, and record its duration."""
        outputs = outs or {}
        duration_s = self.elapsed_s()
        if self._is_typical and self._basis is not None and "duration_s" not in outputs:
            duration_history.record(self.region, self.name, max(duration_s, self._waited_s), self._basis)
        queued: dict[str, Any] = {"queued_s": round(self._queued_s, 1)} if self._queued_s else {}
        return {"duration_s": round(duration_s, 1), **queued, "requests": self._count.requests, **outputs}


_current: ContextVar[Step | None] = ContextVar("step", default=None)


def current() -> Step | None:
    """Return the step that this thread works on; None outside of a step."""
    return _current.get()


def measured(name: StepName) -> Callable[[Create[Provider]], Create[Provider]]:
    """
    Return a decorator that makes a provider's create() a step.

    Its outputs get `duration_s` (seconds), `queued_s` (seconds) and `requests`.
    """

    def decorate(create: Create[Provider]) -> Create[Provider]:
        @functools.wraps(create)
        def measure(provider: Provider, props: Props) -> CreateResult:
            with counted() as count:
                step = Step(props["region"], name, count, similar_builds.basis_of(name, props))
                token = _current.set(step)
                try:
                    result = create(provider, props)
                finally:
                    _current.reset(token)
            similar_builds.record(result.id, props)
            return CreateResult(result.id, step.with_metrics(result.outs))

        return measure

    return decorate


@contextmanager
def queued() -> Iterator[None]:
    """Count the time within the block as time in a queue, which is neither work of the step nor part of estimates."""
    step, began = _current.get(), time.monotonic()
    try:
        yield
    finally:
        if step is not None:
            step.record_queue_time(time.monotonic() - began)


def exclude_from_estimates() -> None:
    """Exclude the step of this thread from estimates, because it continues an earlier run."""
    step = _current.get()
    if step is not None:
        step.exclude_from_estimates()


def elapsed_s() -> float:
    """Return the seconds of work of this thread's step; 0 outside of a step."""
    step = _current.get()
    return step.elapsed_s() if step is not None else 0.0


def expected_s(started_ago_s: float = 0.0) -> float | None:
    """
    Return the probable duration of a wait that begins now, by the durations of earlier builds.

    Args:
        started_ago_s: Seconds since the object of the wait began.

    Returns:
        Seconds, counted from that beginning; None if unknown, or if the step takes longer than usual.
    """
    step = _current.get()
    if step is None or step.expected_s is None:
        return None
    rest_s = step.expected_s - max(step.elapsed_s(), started_ago_s)
    return started_ago_s + rest_s if rest_s > 0 else None
