"""
Builds while one in five requests fails: every image and nothing else.

`make storm` builds twenty, and measures the time beside that of a run without faults.
"""

from pathlib import Path

import pytest

from tests.e2e.cloud import CloudView
from tests.e2e.storm import begin_storm, end_storm, faults_of, new_project, run, storm_lab

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("storm")]

BUILDS = 5


def test_a_storm_of_faults_leaves_every_image_and_nothing_else(tmp_path: Path) -> None:
    with storm_lab(tmp_path) as lab:
        project = new_project(lab, tmp_path / "project", BUILDS)
        begin_storm(lab)
        rough = run(lab, project)
        end_storm(lab)

        assert rough.outcome.status == 0, rough.outcome
        assert [] == faults_of(lab, project, BUILDS)
        assert rough.faulty > rough.requests.total() / 8, rough

        begin_storm(lab)
        gone = run(lab, project, "destroy")
        end_storm(lab)

        assert gone.outcome.status == 0, gone.outcome
        assert (0, 0, 0) == CloudView(lab.env).everything()
