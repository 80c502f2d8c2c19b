"""A quick lab, and machines of a fleet."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.commands.fleet.machines import Machine
from tests.e2e.conftest import ISO_9660
from tests.labs import RunningLab

NewMachine = Callable[[str, Mapping[str, str]], Machine]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """Yield a lab in which an installation takes a second."""
    folder, files = tmp_path_factory.mktemp("lab"), {"installer.iso": ISO_9660}
    with RunningLab.holding(folder, files, time_scale=600, guest={"install_s": 60}) as running:
        yield running


@pytest.fixture
def new_machine(lab: RunningLab, tmp_path: Path) -> Iterator[NewMachine]:
    """Return a function that creates a machine from a name and variables beside the lab's sign-in."""
    machines: list[Machine] = []

    def make(name: str, environment: Mapping[str, str]) -> Machine:
        folder = tmp_path / name
        folder.mkdir()
        machines.append(Machine(folder, {**lab.env, **environment}))
        return machines[-1]

    yield make
    for machine in machines:
        machine.end()
