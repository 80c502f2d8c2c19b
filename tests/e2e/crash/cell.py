"""The cells of the matrix."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal, get_args

from tests.e2e.crash.request import Request

Serving = Literal["dynamic", "provider"]
"""Way in which the resources are served: as dynamic ones, or by the provider."""
Command = Literal["up", "destroy"]
Phase = Literal["before", "after"]
Interruption = Literal["kill provider", "kill all", "reset", "interrupt", "500"]
PROCESS_INTERRUPTIONS: tuple[Interruption, ...] = ("kill provider", "kill all", "interrupt")
"""The others are answers of the cloud, which a provider meets in the same way without the CLI."""


@dataclass(frozen=True)
class Cell:
    """A request of a command, interrupted before or after the cloud acted on it; `then` is the next command."""

    command: Command
    request: Request
    phase: Phase
    interruption: Interruption
    then: Command

    def __str__(self) -> str:
        return f"{self.command}: {self.interruption} {self.phase} {self.request}, then {self.then}"


def cells(command: Command, requests: Sequence[Request]) -> list[Cell]:
    """Return all cells of a command."""
    kinds = product(requests, get_args(Phase), get_args(Interruption), get_args(Command))
    return [Cell(command, request, phase, interruption, then) for request, phase, interruption, then in kinds]


def share(cells: Sequence[Cell], every: int) -> list[Cell]:
    """
    Return a fixed part of the cells, at least one for each request: those that change something have more.

    The cells of a request are twenty; a stride that has no factor in common with them meets all interruptions in turn.
    """
    if every == 1:
        return list(cells)
    kept: list[Cell] = []
    for place, request in enumerate(dict.fromkeys(cell.request for cell in cells)):
        own = [cell for cell in cells if cell.request == request]
        count = len(own) // every if request.changes else 1
        kept += [own[(place * 7 + turn * 3) % len(own)] for turn in range(max(count, 1))]
    return kept


def one_for_each_change(cells: Sequence[Cell]) -> list[Cell]:
    """
    Return a fixed part of the cells in which processes die: one for each request that changes something.

    Each request has twelve of them; a stride that has no factor in common with twelve selects every kind in turn.
    """
    interrupted = [cell for cell in cells if cell.request.changes and cell.interruption in PROCESS_INTERRUPTIONS]
    requests = dict.fromkeys((cell.command, cell.request) for cell in interrupted)
    own = [[cell for cell in interrupted if (cell.command, cell.request) == request] for request in requests]
    return [kinds[place * 5 % len(kinds)] for place, kinds in enumerate(own)]
