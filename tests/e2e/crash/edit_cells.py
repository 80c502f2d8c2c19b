"""
Cells of the edits: each request of an edit interrupted, the next command, and the cloud beside an undisturbed run's.

The providers are driven without the CLI: the engine's protocol in miniature (`tests/providers/stack.py`) takes a second
where the CLI takes ten. A process that dies leaves the cloud and the state. So of all requests between which neither
changes, one is cut short.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal, get_args

from huaweicloud.errors import CloudError
from providers.lifecycle.ownership_tag import OwnershipTag
from tests.e2e.cloud import CloudView
from tests.e2e.crash.bench import quick_lab_for_providers, stacks_of
from tests.e2e.crash.cell import Serving
from tests.e2e.crash.cells_result import CellsResult
from tests.e2e.crash.edits import Edit, apply, change, prepare, prepare_again
from tests.labs import RunningLab
from tests.providers.crashing import (
    Interruption,
    Phase,
    crash_at,
    new_process,
    recorded_requests,
)
from tests.providers.stack import Stack

Names = Literal["allowed", "refused"]
Then = Literal["up", "destroy"]


@dataclass(frozen=True)
class EditCell:
    """An edit whose n-th request is cut short, before or after the cloud acted on it; `then` is the next command."""

    edit: Edit
    names: Names
    number: int
    phase: Phase
    interruption: Interruption
    then: Then

    def __str__(self) -> str:
        where = f"{self.interruption} {self.phase} request {self.number}"
        return f"{edit_name(self.edit, self.names)}: {where}, then {self.then}"


def edit_name(edit: Edit, names: Names) -> str:
    """Return the name of the cells of an edit under a variant."""
    return f"{edit.name}, equal names {names}"


@dataclass
class EditBench:
    """
    A lab for the cells of one edit.

    Attributes:
        new_stack: Function that creates an empty stack.
        start: Cloud before the edit.
        expected: Cloud after an undisturbed run of the edit and a second `up`.
    """

    lab: RunningLab
    edit: Edit
    names: Names
    new_stack: Callable[[], Stack]
    stack: Stack | None = None
    start: list[Any] = field(default_factory=list)
    expected: list[Any] = field(default_factory=list)
    _values: Iterator[int] = field(default_factory=count)
    _builds: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cloud = CloudView(self.lab.env)
        self.lab.choose(equal_image_names=self.names)

    def cells(self) -> list[EditCell]:
        """Return all cells of the edit, from an undisturbed run of it."""
        stack = self._prepared()
        with recorded_requests(lambda: len(stack.done)) as sent:
            apply(stack, self.edit)
        self.expected = self._settled(stack)

        def cells(number: int, phase: Phase, interruption: Interruption, *then: Then) -> list[EditCell]:
            return [EditCell(self.edit, self.names, number, phase, interruption, command) for command in then]

        commands: tuple[Then, ...] = ("up", "destroy") if self.edit.may_be_destroyed else ("up",)
        found = [cell for number, phase in _distinct(sent) for cell in cells(number, phase, "kill", *commands)]
        for number in (number for number, (method, _) in enumerate(sent, 1) if method != "GET"):
            found += [*cells(number, "before", "500", "up"), *cells(number, "after", "reset", "up")]
        # a `destroy` leaves nothing to go on with, so these are the last ones
        return sorted(found, key=lambda cell: cell.then == "destroy")

    def try_cell(self, cell: EditCell) -> list[str]:
        """Run a cell; returns what is wrong in the end."""
        stack = self._prepared()
        with crash_at(cell.number, cell.phase, interruption=cell.interruption):
            try:
                apply(stack, self.edit)
            except CloudError:
                if cell.interruption == "kill":
                    raise
        self.lab.wait_for_jobs()
        try:
            return self._wrong(stack, cell)
        except (CloudError, AssertionError) as error:
            self.stack = None
            return [f"{cell.then} failed: {error}"]

    def _wrong(self, stack: Stack, cell: EditCell) -> list[str]:
        if cell.then == "destroy":
            self.stack = None
            stack.destroy()
            left = [] if self.edit.after.get("retain_image") else self.cloud.images()
            return [] if (left, *self.cloud.everything()[1:]) == ([], 0, 0) else [f"left: {left}"]
        apply(stack, self.edit)
        found = self._settled(stack)
        if found == self.expected:
            return []
        self.stack = None
        return [f"the cloud has {found}", f"not {self.expected}"]

    def _prepared(self) -> Stack:
        """Return the stack before the edit: the one of the cell before, if one run restores it."""
        self.lab.wait_for_jobs()
        new_process()
        stack = self.stack
        for value in ("", self._value()) if stack else ():
            assert stack is not None
            prepare_again(stack, self.edit, value)
            if self._look(stack) == self.start:
                break
        else:
            stack = None
        if stack is None:
            self.cloud.empty()
            stack = self.stack = self.new_stack()
            prepare(stack, self.edit)
            self.start = self._look(stack)
        stack.done.clear()
        change(stack, self.edit, self.cloud, self._value())
        new_process()
        return stack

    def _value(self) -> str:
        return f"value {next(self._values)}"

    def _name_builds(self, stack: Stack) -> None:
        """Number the builds that have images by their age; times of images are whole seconds and do not tell."""
        marks = [mark.build_id for image in self.cloud.images() if (mark := _mark(image)) is not None]
        aged = [build_id for build_id in stack.identities if build_id in marks]
        self._builds = {build_id: f"build {number}" for number, build_id in enumerate(aged)}

    def _look(self, stack: Stack) -> list[Any]:
        self._name_builds(stack)
        return shown(self.cloud, self._builds)

    def _settled(self, stack: Stack) -> list[Any]:
        new_process()
        stack.up()
        images = self.cloud.images()
        marks = [mark for image in images if (mark := _mark(image)) is not None]
        names = {mark.build_id: self._builds.get(mark.build_id, "new build") for mark in marks}
        return [*shown(self.cloud, names, images), self.cloud.everything()[1:]]


def _distinct(sent: list[tuple[str, int]]) -> Iterator[tuple[int, Phase]]:
    """Yield the requests and phases that differ in what was written to the cloud or recorded in the state before."""
    writes, seen = 0, set[tuple[int, int]]()
    for number, (method, recorded) in enumerate(sent, 1):
        for phase in get_args(Phase):
            writes += phase == "after" and method != "GET"
            if (writes, recorded) not in seen:
                seen.add((writes, recorded))
                yield number, phase


def shown(cloud: CloudView, builds: dict[str, str], images: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    """Return all images as people see them, with names instead of ids."""
    found = []
    for image in cloud.images() if images is None else images:
        mark = _mark(image)
        of = f"{builds.get(mark.build_id, mark.build_id)}, {mark.step}" if mark else "no ownership tag"
        name = image["name"].replace(mark.build_id, builds.get(mark.build_id, "")) if mark else image["name"]
        tags = sorted(tag for tag in image["tags"] if not tag.startswith(("image-from-iso", "image-provenance")))
        attributes = {key: image.get(key) for key in ("__description", "min_ram", "status", "protected")}
        members = sorted(cloud.members(image["id"]))
        found.append({"of": of, "name": name, "tags": tags, **attributes, "members": members})
    return sorted(found, key=str)


def _mark(image: dict[str, Any]) -> OwnershipTag | None:
    return OwnershipTag.of(dict(tag.partition("=")[::2] for tag in image["tags"]))


def try_edit(
    edit: Edit,
    names: Names,
    every: int = 1,
    at_most: int | None = None,
    serving: Serving = "dynamic",
    first: int = 0,
) -> CellsResult:
    """
    Run cells of an edit in a lab of its own.

    Args:
        edit: Edit whose cells run.
        names: Variant of the lab.
        every: 1 for all cells, n for every n-th of them.
        at_most: Number of cells, which are spread over all of them.
        serving: Way in which the resources are served.
        first: Number of the first cell, so that samples of several edits differ in their kinds.
    """
    began = time.monotonic()
    with quick_lab_for_providers() as lab, stacks_of(lab, serving) as new_stack:
        bench = EditBench(lab, edit, names, new_stack)
        found = bench.cells()
        stride = max(every, len(found) // at_most if at_most else 1)
        chosen = found[first % stride :: stride][:at_most]
        wrong = [f"{cell}: {'; '.join(faults)}" for cell in chosen if (faults := bench.try_cell(cell))]
    return CellsResult(edit_name(edit, names), len(chosen), wrong, time.monotonic() - began)
