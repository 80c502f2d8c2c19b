"""The component in a program of its user's, with outputs as values, against the real engine."""

import json

import pytest

from tests.e2e.cloud import CloudView, procedure
from tests.e2e.project import ROOT, Project, build_settings
from tests.labs import RunningLab

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("component")]

PROGRAM = ROOT / "tests" / "e2e" / "by_component" / "__main__.py"


@pytest.fixture(scope="module")
def project(lab: RunningLab, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("project") / "project", lab.env)
    project.replace_program(PROGRAM)
    return project


def configure(project: Project, lab: RunningLab, **late: object) -> None:
    settings = build_settings(lab.env, name=None, image_name=None)
    project.configure(region="a region of the program's own", settings=settings, late=late)


def test_a_late_value_that_is_wrong_is_one_sentence_at_the_build_and_costs_nothing(project, lab, cloud):
    configure(project, lab, min_disk=20)

    outcome = project.up()

    assert outcome.status != 0, outcome
    assert "the preflight found 2 problems; the build did not begin:" in outcome.output
    assert "first.data_volumes: size must be at least min_disk, 20 GiB: this disk becomes the image" in outcome.output
    assert "Traceback" not in outcome.output
    assert cloud.everything() == (0, 0, 0)
    assert [] == procedure(lab)


def test_two_builds_of_one_iso_file_take_outputs_and_do_not_collide(
    project: Project, lab: RunningLab, cloud: CloudView
):
    configure(project, lab, vpc_id=lab.env["HW_VPC_ID"], min_disk=10)

    outcome = project.up()

    assert outcome.status == 0, outcome
    images = project.outputs()["images"]
    assert {"first", f"second-{images['first']}"} == {image["name"] for image in cloud.images("FusionCompute")}
    outcome = project.up("--expect-no-changes")
    assert outcome.status == 0, outcome
    assert "a region of the program's own" not in json.dumps(project.state()["deployment"]["resources"])
    outcome = project.destroy()
    assert outcome.status == 0, outcome
    assert cloud.everything() == (0, 0, 0)
