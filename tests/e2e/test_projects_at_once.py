"""Projects that the benchmarks and the crash matrix make at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.project import STACK, Project

pytestmark = pytest.mark.e2e


def test_each_has_a_stack_of_its_own(tmp_path: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda number: Project(tmp_path / str(number), {}), range(3)))

    assert [STACK] * 3 == [next((project.folder / "state").rglob(f"{STACK}.json")).stem for project in made]
