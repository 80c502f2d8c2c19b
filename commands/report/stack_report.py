"""Figures of a stack's report, computed from its record."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from commands.report.figures import failed_steps, rental_costs, run_times, step_chain, step_times
from commands.report.figures.failed_steps import Evidence, FailedStep
from commands.report.figures.rental_costs import Cost
from commands.report.figures.run_times import Run
from commands.report.figures.step_chain import Chain
from commands.report.figures.step_times import BuildSteps, StepTime
from commands.report.stack_record import StackRecord
from commands.summary import Build

Status = Literal["finished", "not finished", "under way", "without builds"]


@dataclass(frozen=True)
class StackReport:
    """
    Report of a stack.

    Attributes:
        record: Record of the stack.
        at: Time of the report, in seconds since the epoch.
        begun: Builds in the state, finished or not.
        steps: Steps on the clock, with those under way.
        chain: Critical path of the steps.
        run: Run in which the last step ended; None if it is under way or not recorded.
        costs: Costs of the builds that have rented a server.
        others: Figures of builds in the state that the outputs do not have: they have not ended, or the run has not.
        failed: Steps at which builds have stopped; none during a run.
        evidence: Saved output of the servers of these builds.
    """

    record: StackRecord
    at: float
    begun: list[BuildSteps]
    steps: list[StepTime]
    chain: Chain
    run: Run | None
    costs: list[Cost]
    others: list[Build]
    failed: list[FailedStep]
    evidence: list[Evidence]

    @property
    def status(self) -> Status:
        """Return the status of the stack in words."""
        if self.record.holder:
            return "under way"
        runs = self.record.runs
        if self.failed or self.record.events.errors or (runs and runs[0].result == "failed"):
            return "not finished"
        return "finished" if self.record.builds else "without builds"


def report_of(record: StackRecord, diagnostics: Path, at: float) -> StackReport:
    """
    Return the report of a stack.

    Args:
        record: Record of the stack.
        diagnostics: Folder with the saved output of servers.
        at: Time of the report, in seconds since the epoch.
    """
    begun = step_times.builds_in(record.resources)
    ended = [step for build in begun for step in build.steps]
    is_open = bool(record.holder)
    steps = [*ended, *(step_times.open_steps(begun, at) if is_open else [])]
    return StackReport(
        record=record,
        at=at,
        begun=begun,
        steps=steps,
        chain=step_chain.chain(steps),
        run=None if is_open else run_times.run_of(ended, record.runs),
        costs=rental_costs.costs(begun, record.prices, at if is_open else None),
        others=[build for build in record.recorded() if build not in record.builds],
        failed=[] if is_open else failed_steps.failed_steps(begun, record.events),
        evidence=failed_steps.evidence({build.build_id: build.name for build in begun}, diagnostics),
    )
