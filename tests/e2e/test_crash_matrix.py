"""Every request of the procedure, cut short: the next command ends with one image and nothing else, or with nothing.

This runs a fixed part of the cells with at least one for each request, and a part of those of each edit of a finished
stack; `make crash-matrix` runs them all.
"""

from collections.abc import Iterator

import pytest

from tests.e2e.crash.__main__ import all_cells
from tests.e2e.crash.bench import Bench
from tests.e2e.crash.cell import Cell, share
from tests.e2e.crash.edit_cells import Names, try_edit
from tests.e2e.crash.edits import EDITS, Edit
from tests.e2e.crash.striking import try_cell

pytestmark = pytest.mark.e2e

EVERY = 5
PARTS = 16
CELLS_OF_AN_EDIT = 3


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("crash"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def cells(bench: Bench) -> list[Cell]:
    return all_cells(bench)


@pytest.fixture(scope="module")
def chosen(cells: list[Cell]) -> list[Cell]:
    """The cells that are tried here; every worker finds the same ones."""
    return share(cells, EVERY)


@pytest.mark.parametrize("part", range(PARTS))
def test_the_next_command_makes_good_what_was_cut_short(bench: Bench, chosen: list[Cell], part: int) -> None:
    results = [try_cell(bench, cell) for cell in chosen[part::PARTS]]

    assert [] == [f"{result}\n{result.output}" for result in results if result.faults]
    # Of looks that are repeated until something is so, there may be fewer in another run; all else comes up always.
    assert [] == [str(result.cell) for result in results if not result.met and result.cell.request.changes]


def test_every_request_of_the_procedure_is_cut_short(cells: list[Cell], chosen: list[Cell]) -> None:
    requests = {cell.request for cell in cells}

    assert requests == {cell.request for cell in chosen}
    assert {"create_iso_image", "create_post_paid_servers", "create_image_from_volume", "delete_servers"} <= {
        request.operation for request in requests
    }


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("edit", "names"),
    [pytest.param(edit, ("allowed", "refused")[n % 2], id=edit.name) for n, edit in enumerate(EDITS)],
)
def test_an_edit_that_was_cut_short_ends_as_an_uninterrupted_one(edit: Edit, names: Names) -> None:
    result = try_edit(edit, names, at_most=CELLS_OF_AN_EDIT)

    assert [] == result.wrong
    assert result.cells
