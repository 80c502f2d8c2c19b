"""Programs with Pulumi's own part of the work only, which benchmarks compare with."""

from dataclasses import dataclass

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
STEPS = 5


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
