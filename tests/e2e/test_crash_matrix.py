"""
Every request of the procedure, cut short: the next command ends with one image and nothing else, or with nothing.

The suite runs a fixed part of the cells. Without the CLI and under it, that is one for each request that changes
something; without the CLI also one for every seventh other request, and one of each kind of edit of a finished stack.
With the provider it is a few of each kind. `make test-matrix` runs a cell for each request, and two of each edit.
`make crash-matrix` runs all cells, with ARGS='--serving provider' against the provider.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import get_args

import pytest

from tests.e2e.crash import build_cells
from tests.e2e.crash.__main__ import all_cells
from tests.e2e.crash.bench import Bench
from tests.e2e.crash.build_cells import BuildBench, BuildCell, few, one_for_each_request, sample
from tests.e2e.crash.cell import Cell, Command, Serving, one_for_each_change
from tests.e2e.crash.cell import cells as cells_of
from tests.e2e.crash.cli_cells import try_cell
from tests.e2e.crash.edit_cells import Names, try_edit
from tests.e2e.crash.edits import EDITS, Edit
from tests.providers.crashing import Interruption

pytestmark = pytest.mark.e2e

CELLS_OF_AN_EDIT = 2
SIMILAR = (
    "rebuild with the first keep_images",
    "no keep_images",
    "name",
    "description",
    "no description",
    "min_ram",
    "share otherwise",
    "unshare",
)
"""Edits of which others in the suite take the same steps: rebuilds, lower `keep_images`, all attributes, shares."""
WITH_PROVIDER = (
    "up: kill provider after ecs create_post_paid_servers 1, then up",
    "up: kill all before ims create_image_from_volume 2, then destroy",
)
under_the_cli = pytest.mark.xdist_group("crash matrix")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("crash"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def cells(bench: Bench) -> list[Cell]:
    return one_for_each_change(all_cells(bench))


@under_the_cli
@pytest.mark.timeout(900)
def test_the_next_command_completes_what_a_dead_process_left(bench: Bench, cells: list[Cell]) -> None:
    results = [try_cell(bench, cell) for cell in cells]

    assert [] == [f"{result}\n{result.output}" for result in results if result.faults]
    assert [] == [str(result.cell) for result in results if not result.met]


@under_the_cli
def test_every_change_of_the_procedure_is_cut_short_under_the_cli(cells: list[Cell]) -> None:
    operations = {cell.request.operation for cell in cells}

    assert {"create_iso_image", "create_post_paid_servers", "create_image_from_volume", "delete_servers"} <= operations
    assert {"kill provider", "kill all", "interrupt"} == {cell.interruption for cell in cells}
    assert {"up", "destroy"} == {cell.then for cell in cells}


@pytest.mark.xdist_group("crash matrix of the provider")
@pytest.mark.timeout(600)
def test_the_next_command_completes_what_a_dead_provider_or_engine_left(tmp_path: Path) -> None:
    with closing(Bench(tmp_path, "provider")) as bench:
        every = cells_of("up", bench.undisturbed_run("up"))
        results = [try_cell(bench, cell) for cell in every if str(cell) in WITH_PROVIDER]

    assert {*WITH_PROVIDER} == {str(result.cell) for result in results if result.met}
    assert [] == [f"{result}\n{result.output}" for result in results if result.faults]


@pytest.mark.parametrize(
    ("serving", "choose"),
    [
        pytest.param("dynamic", sample, id="dynamic-sample"),
        pytest.param("dynamic", one_for_each_request, id="dynamic-each", marks=pytest.mark.matrix),
        pytest.param("provider", few, id="provider-sample"),
        pytest.param("provider", one_for_each_request, id="provider-each", marks=pytest.mark.matrix),
    ],
)
@pytest.mark.parametrize("command", get_args(Command))
def test_the_next_command_completes_what_one_request_cut_short(
    command: Command, serving: Serving, choose: Callable[[list[BuildCell]], list[BuildCell]]
) -> None:
    with BuildBench.opened(serving) as bench:
        every = bench.cells(command)
        chosen = choose(every)
        wrong = [f"{cell}: {'; '.join(faults)}" for cell in chosen if (faults := bench.try_cell(cell))]

    assert [] == wrong
    changing = {cell.number for cell in every if cell.changes}
    assert changing
    assert choose is few or changing <= {cell.number for cell in chosen}
    assert {cell.interruption for cell in chosen} == {*get_args(Interruption)}
    assert {cell.then for cell in chosen} == {*get_args(Command)}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("command", get_args(Command))
@pytest.mark.parametrize(
    ("serving", "choose"),
    [
        pytest.param("dynamic", build_cells.one_for_each_change, id="dynamic-sample"),
        pytest.param("dynamic", sample, id="dynamic-each", marks=pytest.mark.matrix),
        pytest.param("provider", build_cells.one_for_each_change, id="provider-sample", marks=pytest.mark.matrix),
    ],
)
def test_the_next_command_completes_an_upload_a_test_or_a_publication_that_was_cut_short(
    command: Command, serving: Serving, choose: Callable[[list[BuildCell]], list[BuildCell]]
) -> None:
    with BuildBench.opened(serving, "whole") as bench:
        chosen = choose(bench.cells(command))
        wrong = [f"{cell}: {'; '.join(faults)}" for cell in chosen if (faults := bench.try_cell(cell))]

    assert [] == wrong
    assert chosen


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "at_most", [pytest.param(1, id="sample"), pytest.param(CELLS_OF_AN_EDIT, id="each", marks=pytest.mark.matrix)]
)
@pytest.mark.parametrize(
    ("edit", "names", "number"),
    [
        pytest.param(
            edit,
            ("allowed", "refused")[n % 2],
            n,
            id=edit.name,
            marks=[pytest.mark.matrix] if edit.name in SIMILAR else [],
        )
        for n, edit in enumerate(EDITS)
    ],
)
def test_an_edit_that_was_cut_short_ends_as_an_uninterrupted_one(
    edit: Edit, names: Names, number: int, at_most: int
) -> None:
    result = try_edit(edit, names, at_most=at_most, first=number)

    assert [] == result.wrong
    assert result.cells


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "edit", [pytest.param(edit, id=edit.name, marks=[pytest.mark.matrix] if n else []) for n, edit in enumerate(EDITS)]
)
def test_an_edit_with_the_provider_that_was_cut_short_ends_as_an_uninterrupted_one(edit: Edit) -> None:
    result = try_edit(edit, "allowed", at_most=CELLS_OF_AN_EDIT, serving="provider")

    assert [] == result.wrong
    assert result.cells
