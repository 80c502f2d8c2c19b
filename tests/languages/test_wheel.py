"""The README's program in YAML: in an empty folder, with the CLI, the wheel and the lab, and nothing of the clone."""

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from plugin.package import VERSION
from tests import wheels
from tests.e2e.cloud import CloudView
from tests.e2e.project import ROOT, STACK, Project
from tests.labs import RunningLab

pytestmark = [pytest.mark.languages, pytest.mark.timeout(1200), pytest.mark.xdist_group("yaml")]

SECTION = (ROOT / "README.md").read_text().partition("## In your own program")[2].partition("\n## ")[0]
LINES = 10


def block(language: str) -> str:
    """Return a block of code of the README's section."""
    return str(re.findall(rf"```{language}\n(.*?)```", SECTION, re.DOTALL)[0])


@dataclass
class Stranger(Project):
    """
    The program of somebody who has no clone.

    Args:
        executables: Folder with the executable of the wheel.
    """

    executables: str = ""

    def write_program(self) -> None:
        (self.program / "Pulumi.yaml").write_text(block("yaml"))

    @property
    def variables(self) -> dict[str, str]:
        found = super().variables
        kept = [folder for folder in found["PATH"].split(os.pathsep) if folder != str(ROOT / ".venv" / "bin")]
        return {**found, "PATH": os.pathsep.join([self.executables, *kept])}


@pytest.fixture
def stranger(lab: RunningLab, tmp_path: Path) -> Stranger:
    wheel = wheels.build(tmp_path)
    return Stranger(tmp_path / "stranger", lab.env, executables=str(wheels.install(wheel, tmp_path / "venv")))


def commands() -> list[list[str]]:
    """Return the arguments of the CLI in the README's commands."""
    lines = [line.removeprefix("$ pulumi ") for line in block("console").splitlines() if line.startswith("$ pulumi ")]
    return [shlex.split(line) for line in lines]


def test_ten_lines_build_an_image(stranger: Stranger, lab: RunningLab, cloud: CloudView) -> None:
    assert LINES == len(block("yaml").splitlines())
    assert f"pulumi_resource_huaweicloud_image-{VERSION}-py3-none-any.whl" in block("console")
    before = cloud.everything()
    first, *settings, last = commands()
    assert (["stack", "init", "dev"], ["up"]) == (first, last)
    for setting in settings:
        arguments = [re.sub(r"^\$(\w+)$", lambda found: lab.env[found.group(1)], argument) for argument in setting]
        assert 0 == stranger.pulumi(*arguments, "--stack", STACK).status

    outcome = stranger.up_after_preview()

    assert 0 == outcome.status, outcome
    assert stranger.outputs()["imageId"] in {image["id"] for image in cloud.images("FusionCompute")}
    unchanged = stranger.up("--expect-no-changes")
    assert 0 == unchanged.status, unchanged
    assert {"Pulumi.yaml", f"Pulumi.{STACK}.yaml"} == {file.name for file in stranger.program.iterdir()}
    assert {*yaml.safe_load(block("yaml"))} == {"name", "runtime", "resources", "outputs"}
    destroyed = stranger.destroy()
    assert 0 == destroyed.status, destroyed
    assert before == cloud.everything()
