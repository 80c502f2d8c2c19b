"""More builds than servers that may be alive together: they follow each other, and all come."""

from typing import Any

import pytest

from tests.e2e.cloud import changes
from tests.e2e.project import Project, build_settings
from tests.labs import RunningLab, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("scheduling")]

NAMES = ("one", "two", "three", "four", "five", "six")


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        pytest.param({"servers_at_once": 2}, (), id="setting"),
        pytest.param({}, ("--parallel", "4"), id="engine", marks=pytest.mark.matrix),
    ],
)
def test_six_builds_never_have_more_than_two_servers_and_leave_six_images(tmp_path, lab, cloud, settings, options):
    project = Project(tmp_path / "project", lab.env)
    builds = [build_settings(lab.env, name=name, image_name=name) for name in NAMES]
    project.configure(region="lab-1", builds=builds, **settings)
    lab.clear_journal()

    process = project.start_warm("up", "--yes", "--skip-preview", "--stack", "test", *options)
    alive: list[int] = []

    def ended() -> bool:
        alive.append(len(cloud.servers()))
        return process.poll() is not None

    wait_for(ended, "the end of the run", 300)
    output, _ = process.communicate()

    assert process.returncode == 0, output
    assert 2 == max(alive), alive
    assert 2 == most_at_once(lab)
    assert set(NAMES) == {image["name"] for image in cloud.images("FusionCompute")}
    if settings:
        assert "each, 2 at a time (servers_at_once)" in output
    assert not any(taken_turns(resource) for resource in project.state()["deployment"]["resources"])
    assert project.preview("--expect-no-changes", "--parallel", "32").status == 0
    assert project.destroy().status == 0
    assert (0, 0, 0) == cloud.everything()


def most_at_once(lab: RunningLab) -> int:
    """By the order of the requests: servers that were asked for, less those that were to be deleted."""
    steps = {"server": 1, "delete server": -1}
    alive, most = 0, 0
    for change in changes(lab):
        alive += steps.get(change.what, 0)
        most = max(most, alive)
    return most


def taken_turns(resource: dict[str, Any]) -> bool:
    """Return True if the state records that a server waited, which would bind its end to that of the other build."""
    kind = resource["type"].rpartition(":")[2]
    return kind == "TempServer" and any("TempServerTeardown" in urn for urn in resource.get("dependencies", ()))
