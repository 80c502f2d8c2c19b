"""Critical path of a run: the chain of steps that determined its end."""

from collections.abc import Sequence
from typing import NamedTuple

from commands.report.figures.step_times import StepTime, spans_of
from commands.summary import STEPS

TOLERANCE_S = 0.5
"""Seconds by which the clocks of steps may differ: durations have one decimal, and the engine records an end later."""
ENDS = ("teardown", "verification")
"""Steps after which the server of a build is gone."""
TURN_S = 10.0
"""Seconds within which a build is declared after the teardown that it waits for."""


class Chain(NamedTuple):
    """
    Critical path.

    Attributes:
        steps: Its steps, in the order of time.
    """

    steps: tuple[StepTime, ...]

    @property
    def total_s(self) -> float:
        """Return the seconds from the begin of the first step to the end of the last one."""
        return self.steps[-1].end - self.steps[0].work_begin if self.steps else 0.0

    @property
    def work_s(self) -> float:
        """Return the seconds in which one of its steps worked."""
        return min(sum(step.seconds for step in self.steps), self.total_s)

    @property
    def between_s(self) -> float:
        """Return the seconds between its steps."""
        return self.total_s - self.work_s

    def pauses(self) -> list[float]:
        """Return the seconds before each step since the step before it; 0 before the first one."""
        ends = [self.steps[0].work_begin, *(step.end for step in self.steps)] if self.steps else []
        return [max(step.work_begin - end, 0.0) for step, end in zip(self.steps, ends, strict=False)]


def chain(steps: Sequence[StepTime]) -> Chain:
    """
    Return the critical path since the last long pause: backwards from the step that ended last.

    A step follows the one before it in its build. A step that has waited for another build follows the step that
    released what it waited for: the last step that ended while it was in a queue, or the teardown before its turn.
    """
    found: list[StepTime] = []
    began = spans_of(steps)[-1][0] if steps else 0.0
    steps = [step for step in steps if step.begin >= began]
    current = max(steps, key=lambda step: (step.end, step.work_begin), default=None)
    while current is not None and len(found) < len(steps):
        found.append(current)
        current = _before(current, steps)
    return Chain(tuple(reversed(found)))


def _before(step: StepTime, steps: Sequence[StepTime]) -> StepTime | None:
    order = list(STEPS)
    earlier = [
        other
        for other in steps
        if other.build == step.build and order.index(other.step) < order.index(step.step) and other.end <= step.end
    ]
    own = max(earlier, key=lambda other: order.index(other.step), default=None)
    released = [other for other in steps if other.build != step.build and _releases(other, step, own)]
    return max(released, key=lambda other: other.end) if released else own


def _releases(other: StepTime, step: StepTime, own: StepTime | None) -> bool:
    """Return True if a step may have waited for the end of a step of another build."""
    if step.queued_s > TOLERANCE_S and step.begin <= other.end <= step.work_begin + TOLERANCE_S:
        return True
    if step.turn is None or other.step not in ENDS or (own is not None and other.end <= own.end):
        return False
    return step.turn - TURN_S <= other.end <= step.turn  # both are times of the engine
