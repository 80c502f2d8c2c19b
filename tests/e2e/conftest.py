"""A lab and projects for the end-to-end tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.cloud import CloudView
from tests.e2e.project import Project, build_settings
from tests.isos import iso
from tests.labs import RunningLab

ISO_9660 = iso("INSTALLER", size=200 * 2048)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """Run a lab with simulated servers and an ISO file, on a clock that runs 900 times as fast."""
    with RunningLab.holding(tmp_path_factory.mktemp("lab"), {"installer.iso": ISO_9660}, time_scale=900) as running:
        yield running


@pytest.fixture
def cloud(lab: RunningLab) -> CloudView:
    """Return the contents of the lab as the official SDK sees them."""
    return CloudView(lab.env)


@pytest.fixture
def new_project(lab: RunningLab, tmp_path: Path) -> Callable[..., Project]:
    """Makes a project whose stack has one build, with changes to its settings."""

    def make(**changes: object) -> Project:
        project = Project(tmp_path / "project", lab.env)
        project.configure(region=lab.env["HW_REGION_NAME"], builds=[build_settings(lab.env, **changes)])
        return project

    return make
