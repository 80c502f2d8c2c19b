"""The policy pack judges resources that are declared by hand by what the providers have resolved them into."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.cloud import CloudView
from tests.e2e.project import Outcome, Project, build_settings
from tests.isos import iso
from tests.labs import RunningLab

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("by_hand")]

PROGRAM = Path(__file__).parent / "by_hand" / "__main__.py"
OF_ISO = ("image_url", "os_version", "min_disk")
OF_SERVER = ("name", "flavor", "availability_zone", "vpc_id", "subnet_id", "root_volume", "data_volumes")

Judge = Callable[..., Outcome]
Settings = dict[str, Any]

FACTS: dict[str, tuple[Settings, str, str]] = {
    "odd-system": ({"os_version": "Debian 12"}, "image-os-version", "'Debian 12' is not in the service's list"),
    "text": ({"image_url": "lab-images:text.iso"}, "iso-disc-image", "neither an ISO 9660 nor a UDF"),
    "firmware": ({"image_url": "lab-images:uefi.iso"}, "iso-boot-mode", "boots with uefi only"),
    "sold-out": (
        {"root_volume": {"volumetype": "SATA", "size": 10}},
        "server-volume-types",
        "root_volume.volumetype 'SATA' is sold out in lab-1a",
    ),
    "small": ({"min_disk": 40}, "stack-disks-fit-iso-image", "root_volume.size of 'small' is 10 GiB"),
}
"""Settings of builds by name, the rule that refuses them, and words of its message."""


def parts(lab: RunningLab, changes: Settings) -> Settings:
    """Return the inputs of a build's resources, which work but for the changes."""
    build = build_settings(lab.env, **changes)
    return {
        "iso": {"name": "iso-by-hand", **{key: build[key] for key in OF_ISO}},
        "server": {key: build[key] for key in OF_SERVER},
        "image": {"name": build["image_name"], "os_version": build["os_version"]},
    }


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    files = {"installer.iso": iso(), "uefi.iso": iso("UEFI", ("uefi",)), "text.iso": b"x"}
    with RunningLab.holding(tmp_path_factory.mktemp("lab"), files) as running:
        yield running


@pytest.fixture(scope="module")
def project(lab: RunningLab, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("project") / "project", lab.env)
    project.replace_program(PROGRAM)
    return project


@pytest.fixture
def judge(project: Project, lab: RunningLab) -> Judge:
    """Runs a command with the pack on a build that works, or on several by name, with changes to their settings."""

    def run(command: str = "preview", **builds: dict[str, Any]) -> Outcome:
        project.configure(region="lab-1", parts={name: parts(lab, changes) for name, changes in builds.items()})
        lab.clear_journal()
        yes = ("--yes",) if command == "up" else ()
        return project.pulumi(command, "--stack", "test", *yes, "--policy-pack", "policy")

    return run


def test_facts_that_only_the_cloud_knows_are_judged_at_preview(judge, lab):
    outcome = judge(**{name: settings for name, (settings, *_) in FACTS.items()})

    assert outcome.status != 0, outcome
    for name, (_, rule, says) in FACTS.items():
        of_build = re.escape(f"[mandatory]  {rule}  (") + rf"[^)]*: {name}\)\n.*\n.*" + re.escape(says)
        assert re.search(of_build, outcome.output), (name, outcome)
    assert {"GET"} == {entry["method"] for entry in lab.journal() if entry["service"] != "iam"}


@pytest.mark.recovery("`'…' cannot boot an ISO image: …`")
@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"flavor": "s6.medium.2"}, "1 vCPU,"),
        pytest.param({"flavor": "c6.large.2"}, "computingv3", marks=pytest.mark.matrix),
        pytest.param({"flavor": "t6.large.2"}, "not offered in lab-1a", marks=pytest.mark.matrix),
        ({"image_url": "lab-images:no.iso"}, "there is no object 'no.iso'"),
    ],
)
def test_what_cannot_be_is_refused_by_the_resource_itself_without_the_pack(judge, settings, says):
    outcome = judge(hand=settings)

    assert outcome.status != 0, outcome
    assert says in outcome.output


def test_a_build_without_fault_is_built(judge, project, lab):
    built, again = judge("up", hand={}), judge("up", hand={})
    gone = project.destroy()

    assert built.status == 0, built
    assert "❌" not in built.output
    assert "7 unchanged" in again.output, again
    assert gone.status == 0, gone
    assert CloudView(lab.env).everything() == (0, 0, 0)
