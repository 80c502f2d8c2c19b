"""Test of an image before its publication, under the CLI: what the outputs name while an image fails."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.cloud import CloudView, procedure
from tests.e2e.project import Outcome, Project, build_settings
from tests.labs import RunningLab

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("image verification")]

PASSES = {"until": "cloud-init finished"}
FAILS = {"until": "never shown", "timeout_minutes": 0.05}


@pytest.fixture(scope="module")
def project(lab: RunningLab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    made = Project(tmp_path_factory.mktemp("verification") / "project", lab.env)
    yield made
    made.destroy()


def up(project: Project, lab: RunningLab, **settings: Any) -> Outcome:
    lab.clear_journal()
    project.configure(region=lab.env["HW_REGION_NAME"], builds=[build_settings(lab.env, **settings)])
    return project.up_after_preview()


def test_the_outputs_name_only_an_image_that_has_passed(project: Project, lab: RunningLab, cloud: CloudView) -> None:
    outcome = up(project, lab, verify=PASSES)
    assert outcome.status == 0, outcome
    first = project.outputs()
    assert "passed" == first["builds"]["debian"]["verification"]
    assert "verification" in first["builds"]["debian"]["duration_s"]
    assert ([], []) == (cloud.servers(), cloud.volumes())

    unchanged = project.preview("--expect-no-changes")
    assert unchanged.status == 0, unchanged

    failed = up(project, lab, verify=FAILS, rebuild="2")
    assert failed.status != 0
    assert "the text 'never shown' did not appear on the console" in failed.output
    assert first == project.outputs()
    assert first["images"]["debian"] in {image["id"] for image in cloud.images()}
    assert ([], []) == (cloud.servers(), cloud.volumes())

    corrected = up(project, lab, verify=PASSES, rebuild="2")
    assert corrected.status == 0, corrected
    assert "image from disk" not in procedure(lab)
    (image,) = cloud.images("FusionCompute")
    assert {"debian": image["id"]} == project.outputs()["images"]
    assert "debian-golden" == image["name"]
