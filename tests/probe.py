"""A small program with a dynamic provider and a policy pack, run by the CLI that set-up provides."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests import warm
from tests.e2e import key_service
from tests.processes import variable
from toolchain.paths import BIN

PROJECT = """\
name: probe
runtime: {{name: python, options: {{virtualenv: "{virtualenv}"}}}}
"""
PROVIDER = """\
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class ProbeProvider(ResourceProvider):
    def create(self, props):
        return CreateResult("probe-1", {"colour": props["colour"], "made": "made " + props["colour"]})


class Probe(Resource, module="probe", name="Probe"):
    made: object

    def __init__(self, name, colour):
        super().__init__(ProbeProvider(), name, {"colour": colour, "made": None})
"""
PROGRAM = """\
import pulumi

from probe import Probe

config = pulumi.Config()
pulumi.export("made", Probe("probe", config.require("colour")).made)
pulumi.export("secret", config.get_secret("secret"))
"""
PACK = """\
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy


def no_red(args, report_violation):
    if args.props.get("colour") == "red":
        report_violation("red is not allowed")


PolicyPack(
    name="colours",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=[ResourceValidationPolicy(name="no-red", description="no red", validate=no_red)],
)
"""


@dataclass(frozen=True)
class Probe:
    """
    Project in a folder with a space in its name, with a Pulumi home and state of its own.

    Its program, provider and policy pack are warm; the language host is a process of its own.
    """

    folder: Path

    def pulumi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.folder / "program",
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    @property
    def environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.folder),
            "PATH": os.pathsep.join([str(BIN), os.environ["PATH"]]),
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_BACKEND_URL": self.folder.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "probe",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            **key_service.variables(),
            **warm.variables(),
        }

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def processes(self) -> list[psutil.Process]:
        """Return the processes that commands have left behind."""
        home = self.environment["PULUMI_HOME"]
        return [process for process in psutil.process_iter() if variable(process, "PULUMI_HOME") == home]


@pytest.fixture
def probe(tmp_path: Path) -> Probe:
    """Return the program, with a stack that has a colour, and the policy pack."""
    made = Probe(tmp_path / "a probe")
    made.folder.mkdir()
    environment = made.folder / "environment"
    warm.write_environment(environment)
    made.write("program/Pulumi.yaml", PROJECT.format(virtualenv=environment))
    made.write("program/__main__.py", PROGRAM)
    made.write("program/probe.py", PROVIDER)
    made.write("pack/PulumiPolicy.yaml", PROJECT.format(virtualenv=environment).partition("\n")[2])
    made.write("pack/__main__.py", PACK)
    assert made.pulumi("stack", "init", "test", "--secrets-provider", key_service.PROVIDER).returncode == 0
    settings = made.folder / "program" / "Pulumi.test.yaml"
    settings.write_text(f"{settings.read_text()}config:\n  probe:colour: blue\n")
    return made
