"""What the step that this thread works on has taken: its time and its requests."""

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from pulumi.dynamic import CreateResult

from huaweicloud.transport.request_counter import RequestCount, counted
from providers.runtime import duration_history, similar_builds
from providers.runtime.duration_history import StepName
from providers.runtime.properties import Bag

Provider = TypeVar("Provider")
Create = Callable[[Provider, Bag], CreateResult]


class Step:
    """
    A step under way.

    Args:
        region: where it happens.
        name: which step it is.
        count: of its requests.
        basis: what its duration depends on, see providers.runtime.similar_builds; None where that is not known.

    Attributes:
        expected_s: seconds that it takes in this region, as similar builds have found; None where that is not known.
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
        """Return True if no similar build has told how long it takes, and this one will."""
        return self.expected_s is None and self._is_typical

    def elapsed_s(self) -> float:
        """Seconds that it has worked, without those in which it waited for a place."""
        return time.monotonic() - self._began - self._queued_s

    def record_wait(self, waited_s: float) -> None:
        """What it waits for has begun so many seconds ago, which may be before the step began."""
        self._waited_s = max(self._waited_s, waited_s)

    def record_queue_time(self, seconds: float) -> None:
        """So many seconds it has only waited for a place."""
        self._queued_s += seconds

    def exclude_from_estimates(self) -> None:
        """It goes on with what an earlier run has begun, or waits for a person: nothing follows for other builds."""
        self._is_typical, self.expected_s = False, None

    def with_metrics(self, outs: Bag | None) -> Bag:
        """The outputs with the figures of the step, unless they tell them already; other builds learn from them."""
        found = outs or {}
        duration_s = self.elapsed_s()
        if self._is_typical and self._basis is not None and "duration_s" not in found:
            duration_history.record(self.region, self.name, max(duration_s, self._waited_s), self._basis)
        queued: dict[str, Any] = {"queued_s": round(self._queued_s, 1)} if self._queued_s else {}
        return {"duration_s": round(duration_s, 1), **queued, "requests": self._count.requests, **found}


_current: ContextVar[Step | None] = ContextVar("step", default=None)


def current() -> Step | None:
    """The step that this thread works on."""
    return _current.get()


def measured(name: StepName) -> Callable[[Create[Provider]], Create[Provider]]:
    """Let a provider's create() be a step: its outputs tell what it took as `duration_s` (seconds) and `requests`."""

    def decorate(create: Create[Provider]) -> Create[Provider]:
        @functools.wraps(create)
        def measure(provider: Provider, props: Bag) -> CreateResult:
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
    """Time within the block is spent waiting for a place: it counts neither as the step's nor for estimates."""
    step, began = _current.get(), time.monotonic()
    try:
        yield
    finally:
        if step is not None:
            step.record_queue_time(time.monotonic() - began)


def exclude_from_estimates() -> None:
    """The step of this thread takes over what an earlier run has begun: other builds learn nothing from its time."""
    step = _current.get()
    if step is not None:
        step.exclude_from_estimates()


def elapsed_s() -> float:
    """Seconds that the step of this thread has worked; 0 outside of a step."""
    step = _current.get()
    return step.elapsed_s() if step is not None else 0.0


def expected_s(started_ago_s: float = 0.0) -> float | None:
    """
    How long a wait of this thread's step that begins now will probably take, as far as earlier builds tell.

    Args:
        started_ago_s: how long ago what is waited for has begun, in seconds.

    Returns:
        Seconds, counted from when it began; None where it is not known, or the step takes longer than usual.
    """
    step = _current.get()
    if step is None or step.expected_s is None:
        return None
    rest_s = step.expected_s - max(step.elapsed_s(), started_ago_s)
    return started_ago_s + rest_s if rest_s > 0 else None
