"""Running a cell: a command that is cut short, the next command, and what is there afterwards."""

import time
from dataclasses import dataclass, field

from commands.sweep import stored_isos
from config.sign_in import connection
from tests.e2e import stored_uploads
from tests.e2e.crash import published_places
from tests.e2e.crash.bench import (
    Bench,
    end_of,
    interrupt,
    kill_all,
    provider_of,
    wait_until_held_or_over,
)
from tests.e2e.crash.cell import Cell
from tests.e2e.crash.judging import (
    deployment,
    faults_after_destroy,
    faults_after_up,
    servers_created,
    wrong_uploads,
)
from tests.e2e.crash.procedures import BUCKET
from tests.e2e.project import STACK, Outcome


@dataclass
class Result:
    """
    Result of a cell.

    Attributes:
        met: True if the request was sent at all; of repeated reads there may be fewer in another run.
        survived: True if the command finished by itself.
        faults: Descriptions of what is wrong in the end.
        seconds: Duration in seconds.
    """

    cell: Cell
    met: bool = True
    survived: bool = False
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0
    output: str = ""
    servers_before: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        return f"{self.cell}: {'; '.join(self.faults) or 'good'}"


def try_cell(bench: Bench, cell: Cell) -> Result:
    """Run a cell on a bench, which is clean before and after."""
    began = time.monotonic()
    result = Result(cell)
    bench.clean()
    if cell.command == "destroy":
        bench.build()
        result.servers_before = servers_created(bench.lab)
        bench.lab.clear_journal()
    first = _struck(bench, cell, result)
    result.survived = first.status == 0
    result.output = str(first)
    _go_on(bench, cell, result)
    result.seconds = time.monotonic() - began
    return result


def _struck(bench: Bench, cell: Cell, result: Result) -> Outcome:
    lab, rule = bench.lab, cell.request.rule
    if cell.interruption in ("reset", "500"):
        kind = "reset" if cell.interruption == "reset" else "status"
        fault = lab.fault(kind, phase=cell.phase, status=500, code="Common.0001", **rule)
        outcome = bench.run(cell.command)
        result.met = any(f["id"] == fault and f["used"] for f in lab.call("GET", "/faults"))
        return outcome
    lab.hold(cell.phase, **rule)
    command = bench.project.start(cell.command, "--yes", "--stack", STACK, "--skip-preview")
    result.met = wait_until_held_or_over(lab, command)
    if result.met:
        if cell.interruption == "kill provider":
            provider_of(command).kill()
        elif cell.interruption == "kill all":
            kill_all(command)
        else:
            interrupt(command)
            time.sleep(0.3)  # the engine tells the provider of it; there is nothing to be seen from outside
            lab.let_go()
    return end_of(command)


def _go_on(bench: Bench, cell: Cell, result: Result) -> None:
    bench.lab.let_go()
    recovery = bench.recover() if cell.interruption == "kill all" else None
    if recovery is not None and recovery.status:
        result.faults.append("the recovery failed")
        result.output += f"\n{recovery}"
    # What a destroy has deleted already is still in the state: only a refresh finds out.
    options = ["--refresh"] if (cell.command, cell.then) == ("destroy", "up") else []
    recorded = any(resource["type"].endswith(":IsoObject") for resource in deployment(bench).get("resources", []))
    outcome = bench.run(cell.then, *options)
    result.output += f"\n{cell.then}: {outcome}"
    if outcome.status:
        result.faults.append(f"{cell.then} failed")
    result.faults += faults_after_up(bench) if cell.then == "up" else faults_after_destroy(bench)
    if bench.procedure.uploads:
        cloud = connection.connect("lab-1", {}, bench.lab.env)
        found = stored_uploads.find(bench.lab.env, BUCKET)
        result.faults += wrong_uploads(found, cell.then, recorded, lambda: len(stored_isos.find(cloud, [BUCKET])))
    if bench.procedure.publishes:
        result.faults += published_places.wrong(bench.lab, cell.then)
    made = servers_created(bench.lab) - result.servers_before
    if len(made) > bench.procedure.servers:
        result.faults.append(f"{len(made)} servers were made")
    if "Traceback" in result.output and bench.code in result.output:
        result.faults.append("a traceback was shown")
