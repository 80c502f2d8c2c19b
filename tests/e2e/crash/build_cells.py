"""
Cells of `up` and `destroy` of one build without the CLI: every request cut short, and the next command.

The engine's protocol in miniature (`tests/providers/stack.py`) takes a second where the CLI takes ten. Cells in which
processes of the CLI die or are interrupted are in `cell.py`.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from typing import get_args

import pytest

from commands.sweep import stored_isos
from huaweicloud.errors import CloudError
from providers.runtime import clients
from tests.e2e import copy_places, stored_uploads
from tests.e2e.cloud import CloudView
from tests.e2e.crash import published_places
from tests.e2e.crash.bench import quick_lab_for_providers, stacks_of
from tests.e2e.crash.cell import Command, Serving
from tests.e2e.crash.cells_result import CellsResult
from tests.e2e.crash.judging import servers_created, wrong_uploads
from tests.e2e.crash.procedures import BUCKET, Procedure, ProcedureName
from tests.labs import RunningLab
from tests.providers.crashing import CONFIGURATION, Interruption, Phase, crash_at, new_process, recorded_requests
from tests.providers.stack import Stack

STRIDE = 5
"""Combinations of phase, interruption and next command between two requests, without a factor in common with all 12."""


@dataclass(frozen=True)
class BuildCell:
    """Request `number` of a command, cut short before or after the cloud acted on it; `then` is the next command."""

    command: Command
    number: int
    changes: bool
    phase: Phase
    interruption: Interruption
    then: Command

    def __str__(self) -> str:
        return f"{self.command}: {self.interruption} {self.phase} request {self.number}, then {self.then}"


@dataclass
class BuildBench:
    """
    A lab for one cell after the other.

    Attributes:
        lab: The lab.
        cloud: View of the lab.
        new_stack: Function that makes an empty stack.
        procedure: Procedure of its build.
    """

    lab: RunningLab
    cloud: CloudView
    new_stack: Callable[[], Stack]
    procedure: Procedure
    _servers_before: set[str] = field(default_factory=set)

    @classmethod
    @contextmanager
    def opened(cls, serving: Serving = "dynamic", procedure: ProcedureName = "plain") -> "Iterator[BuildBench]":
        """Start a lab whose work takes no time; it is in the environment until the end of the block."""
        with (
            quick_lab_for_providers() as lab,
            stacks_of(lab, serving) as new_stack,
            pytest.MonkeyPatch.context() as patch,
        ):
            patch.setitem(CONFIGURATION, "image-from-iso:region", lab.env["HW_REGION_NAME"])
            patch.setitem(CONFIGURATION, "image-from-iso:regions", json.dumps(copy_places.regions(lab)))
            yield cls(lab, CloudView(lab.env), new_stack, Procedure.of(procedure, lab))

    def cells(self, command: Command) -> list[BuildCell]:
        """Return all cells of a command, from a run of it that nothing disturbs."""
        stack = self._prepared(command)
        with recorded_requests(lambda: 0) as sent:
            _run(stack, command)
        requests = [(number, method not in ("GET", "HEAD")) for number, (method, _) in enumerate(sent, 1)]
        kinds = product(get_args(Phase), get_args(Interruption), get_args(Command))
        return [BuildCell(command, *request, *kind) for request, kind in product(requests, list(kinds))]

    def try_cell(self, cell: BuildCell) -> list[str]:
        """Run a cell, and return what is wrong in the end."""
        stack = self._prepared(cell.command)
        with crash_at(cell.number, cell.phase, interruption=cell.interruption):
            try:
                _run(stack, cell.command)
            except CloudError:
                if cell.interruption == "kill":
                    raise
        self.lab.wait_for_jobs()
        new_process()
        recorded = "upload" in stack.state
        try:
            if (cell.command, cell.then) == ("destroy", "up"):
                stack.refresh()  # resources that are deleted may still be in the state
            _run(stack, cell.then)
        except CloudError as error:
            return [f"{cell.then} failed: {error}"]
        places = published_places.wrong(self.lab, cell.then) if self.procedure.publishes else []
        return [*self._wrong(stack, cell), *self._wrong_uploads(cell, recorded), *places]

    def _wrong(self, stack: Stack, cell: BuildCell) -> list[str]:
        images = self.cloud.images()
        kinds = sorted(image["virtual_env_type"] for image in images)
        wanted = ["FusionCompute", "IsoImage"] if cell.then == "up" else []
        wrong = [] if kinds == wanted else [f"the images are {kinds}"]
        left = (len(self.cloud.servers()), len(self.cloud.volumes()))
        wrong += [] if left == (0, 0) else [f"{left[0]} servers and {left[1]} disks are left"]
        if cell.then == "up" and stack["image"].id not in {image["id"] for image in images}:
            wrong.append(f"the state has image {stack['image'].id}, which is not in the cloud")
        created = servers_created(self.lab) - self._servers_before
        return wrong if len(created) <= self.procedure.servers else [*wrong, f"{len(created)} servers were created"]

    def _wrong_uploads(self, cell: BuildCell, recorded: bool) -> list[str]:
        """
        Return what is wrong in the object store.

        Args:
            cell: Cell that has ended.
            recorded: True if the state had the upload before the last command.
        """
        if not self.procedure.uploads:
            return []
        found = stored_uploads.find(self.lab.env, BUCKET)
        return wrong_uploads(
            found, cell.then, recorded, lambda: len(stored_isos.find(clients.cloud("lab-1"), [BUCKET]))
        )

    def _prepared(self, command: Command) -> Stack:
        """Return a stack before the command, in an otherwise empty cloud; the journal begins with the command."""
        self.lab.wait_for_jobs()
        self.cloud.empty()
        if self.procedure.uploads:
            stored_uploads.clear(self.lab.env, BUCKET)
        if self.procedure.publishes:
            published_places.clear(self.lab)
        self.lab.clear_journal()
        new_process()
        stack = self.new_stack()
        stack.settings = {**self.procedure.settings}
        if command == "destroy":
            stack.up()
            new_process()
        self._servers_before = servers_created(self.lab)
        self.lab.clear_journal()
        return stack


def one_for_each_request(cells: list[BuildCell]) -> list[BuildCell]:
    """Return a fixed part of the cells of a command: one for each request, whose kinds change from one to the next."""
    kinds = len(cells) // cells[-1].number
    return [cells[place * kinds + place * STRIDE % kinds] for place in range(cells[-1].number)]


def sample(cells: list[BuildCell]) -> list[BuildCell]:
    """Return a fixed part of the cells: one for each request that changes something and for every seventh other one."""
    each = one_for_each_request(cells)
    reads = [cell for cell in each if not cell.changes]
    every = 7  # without a factor in common with the 12 kinds, so that each kind has its turn
    return [cell for cell in each if cell.changes or cell in reads[::every]]


def few(cells: list[BuildCell]) -> list[BuildCell]:
    """Return four cells from the first request of a command to the last one, with every interruption among them."""
    requests = cells[-1].number
    kinds = len(cells) // requests
    places = [turn * (requests - 1) // 3 for turn in range(4)]
    return [cells[place * kinds + turn * STRIDE % kinds] for turn, place in enumerate(places)]


def one_for_each_change(cells: list[BuildCell]) -> list[BuildCell]:
    """Return a fixed part of the cells: one for each request that changes something."""
    return [cell for cell in one_for_each_request(cells) if cell.changes]


def try_builds(
    command: Command,
    phase: Phase,
    interruption: Interruption,
    every: int,
    only: str,
    serving: Serving,
    procedure: ProcedureName,
) -> CellsResult:
    """
    Run cells of a command in a lab of their own.

    Args:
        command: Command that is cut short.
        phase: Before or after the cloud acted on the request.
        interruption: Interruption of the request.
        every: 1 for all cells, n for every n-th of them.
        only: Pattern that the names of the cells match.
        serving: Way in which the resources are served.
        procedure: Name of the procedure.
    """
    began = time.monotonic()
    with BuildBench.opened(serving, procedure) as bench:
        kind = (phase, interruption)
        own = [cell for cell in bench.cells(command) if (cell.phase, cell.interruption) == kind]
        chosen = [cell for cell in own if re.search(only, str(cell))][::every]
        wrong = [f"{cell}: {'; '.join(faults)}" for cell in chosen if (faults := bench.try_cell(cell))]
    return CellsResult(
        f"{command} ({procedure}), {interruption} {phase} a request", len(chosen), wrong, time.monotonic() - began
    )


def _run(stack: Stack, command: Command) -> None:
    if command == "up":
        stack.up()
    else:
        stack.destroy()
