"""More builds than the project's quotas have room for: they queue, and all come."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.cloud import CloudView
from tests.e2e.project import Project, build_settings
from tests.labs import RunningLab

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("quotas")]

NAMES = ("one", "two", "three", "four")


@pytest.fixture
def quotas(lab: RunningLab) -> Iterator[Any]:
    """Set the lab's quotas; they are restored after the test."""
    yield lambda **quotas: lab.change_settings(quotas=quotas)
    lab.restore()


@pytest.fixture
def project(tmp_path: Path, lab: RunningLab) -> Project:
    """Return a project with four builds."""
    project = Project(tmp_path / "project", lab.env)
    builds = [build_settings(lab.env, name=name, image_name=name) for name in NAMES]
    project.configure(region="lab-1", builds=builds)
    return project


@pytest.mark.parametrize(
    "quota", [{"servers": 2}, pytest.param({"volumes": 5}, marks=pytest.mark.matrix), {"image_tasks": 2}], ids=str
)
def test_builds_wait_for_room_in_a_quota_and_none_is_refused(project, lab, cloud: CloudView, quotas, quota) -> None:
    quotas(**quota)
    lab.clear_journal()

    outcome = project.up("--parallel", "64")

    assert outcome.status == 0, outcome
    assert set(NAMES) == {image["name"] for image in cloud.images("FusionCompute")}
    refused = [entry for entry in lab.journal() if entry["method"] == "POST" and entry["status"] >= 400]
    assert [] == [entry["operation"] for entry in refused if "image_tasks" not in quota]
    assert project.destroy().status == 0
    assert (0, 0, 0) == cloud.everything()


def test_what_others_take_of_a_quota_is_waited_out(project, lab, cloud: CloudView, quotas) -> None:
    """The quota seems to have room, and the cloud refuses all the same."""
    lab.fault("status", service="ecs", method="POST", path="/cloudservers$", nth=3, status=400, code="Ecs.0001")

    outcome = project.up("--parallel", "64")

    assert outcome.status == 0, outcome
    assert set(NAMES) == {image["name"] for image in cloud.images("FusionCompute")}
    assert project.destroy().status == 0
    assert (0, 0, 0) == cloud.everything()


def test_a_refresh_takes_one_list_of_a_kind_for_any_number_of_builds(project, lab, cloud: CloudView) -> None:
    assert project.up("--parallel", "64").status == 0
    lab.clear_journal()

    assert project.refresh().status == 0

    reads = [entry["operation"] for entry in lab.journal() if entry["service"] != "iam"]
    assert ["list_images", "list_servers_details"] == sorted(reads)
    assert project.destroy().status == 0
    assert (0, 0, 0) == cloud.everything()
