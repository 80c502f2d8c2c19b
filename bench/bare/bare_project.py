"""Programs with Pulumi's own part of the work only, which benchmarks compare with."""

import sys
from dataclasses import dataclass
from shlex import quote

import yaml

from bench.bare.bare_provider import BUILD, PACKAGE, STEPS
from bench.benchmark_result import ROOT
from tests.e2e.project import Project

BARE = """
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class BareProvider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props):
        return CreateResult("id", props)


class Bare(Resource, name="Bare"):
    def __init__(self, name, props):
        super().__init__(BareProvider(), name, props)
"""
"""A provider that does nothing."""

DECLARED = """
from bare import Bare

for build in range({builds}):
    before = ""
    for step in range({steps}):
        before = Bare(f"{{build}}-{{step}}", {{"before": before}}).id
"""
CONSTRUCTED = """
from pulumi import ComponentResource

for build in range({builds}):
    ComponentResource("{type}", str(build), {{}}, None, remote=True)
"""
EXECUTABLE = """#!/bin/sh
PYTHONPATH={root} exec {python} -m bench.bare.bare_provider "$@"
"""


@dataclass
class BareProject(Project):
    """
    Program with Pulumi's own part of the work only.

    For each build it declares as many resources as a build has steps, each with one property and a provider that does
    nothing. Without builds it declares nothing.
    """

    builds: int = 0

    def write_program(self) -> None:
        (self.program / "bare.py").write_text(BARE)
        program = DECLARED.format(builds=self.builds, steps=STEPS) if self.builds else "import pulumi\n"
        (self.program / "__main__.py").write_text(program)
        for name in ("Pulumi.yaml", ".venv"):
            (self.program / name).symlink_to(ROOT / name)


@dataclass
class BareConsumer(BareProject):
    """The same with a provider, whose component declares the resources of a build."""

    def write_program(self) -> None:
        plugin = self.folder / "plugin"
        plugin.mkdir()
        executable = plugin / f"pulumi-resource-{PACKAGE}"
        executable.write_text(EXECUTABLE.format(python=quote(sys.executable), root=quote(str(ROOT))))
        executable.chmod(0o755)
        (self.program / "__main__.py").write_text(CONSTRUCTED.format(builds=self.builds, type=BUILD))
        (self.program / ".venv").symlink_to(ROOT / ".venv")
        project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
        named = {"name": PACKAGE, "plugins": {"providers": [{"name": PACKAGE, "path": str(plugin)}]}}
        (self.program / "Pulumi.yaml").write_text(yaml.safe_dump({**project, **named}))
