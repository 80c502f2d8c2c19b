"""The examples of the languages, each as a stack in a folder of its own, with what its language requires."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.project import ROOT, STACK, Outcome, Project, end_of
from toolchain.languages import sdk_generation
from toolchain.paths import BIN, cache_folder
from toolchain.steps import run

EXAMPLES = ROOT / "examples"
SCHEMAS = {"huaweicloud-image": ROOT / "plugin" / "schema.json", "example": EXAMPLES / "provider" / "schema.json"}
PLUGINS = {"../../plugin": str(ROOT / "plugin"), "../provider": str(EXAMPLES / "provider")}
SETTINGS = ("GO", "PIP_", "npm_config_", "NPM_CONFIG_", "NODE_")
"""Beginnings of the variables with which the package managers of a machine are configured."""
PASSWORD = "first-password-of-the-installer"
USER_DATA = f"#cloud-config\npassword: {PASSWORD}\n"
GENERATED = ("sdks", "venv", "node_modules", "bin")


@dataclass(frozen=True)
class Language:
    """
    Language of an example.

    Attributes:
        name: Name of the language, which is that of the folder of the example.
        program: File with the program.
        vpc: Id of the network's VPC in the program.
        subnet: Id of the network's subnet in the program.
        image_name: Name of an input in the program.
        misspelt: Name in its place that does not exist.
        refusal: Message for a name that does not exist, as a regular expression.
    """

    name: str
    program: str
    vpc: str
    subnet: str
    image_name: str
    misspelt: str
    refusal: str


LANGUAGES = (
    Language(
        name="yaml",
        program="Pulumi.yaml",
        vpc="${network.vpcId}",
        subnet="${network.subnetId}",
        image_name="imageName",
        misspelt="imageNam",
        refusal=r"(?s)Property imageNam does not exist on .*Existing properties are: imageName,",
    ),
    Language(
        name="python",
        program="__main__.py",
        vpc="network.vpc_id",
        subnet="network.subnet_id",
        image_name="image_name",
        misspelt="image_nam",
        refusal="unexpected keyword argument 'image_nam'",
    ),
    Language(
        name="typescript",
        program="index.ts",
        vpc="network.vpcId",
        subnet="network.subnetId",
        image_name="imageName",
        misspelt="imageNam",
        refusal="'imageNam' does not exist in type 'IsoImageBuildArgs'. Did you mean to write 'imageName'",
    ),
    Language(
        name="go",
        program="main.go",
        vpc="network.VpcId",
        subnet="network.SubnetId",
        image_name="ImageName",
        misspelt="ImageNam",
        refusal="unknown field ImageNam in struct literal",
    ),
)
CASES = {one.name: pytest.param(one, id=one.name, marks=pytest.mark.xdist_group(one.name)) for one in LANGUAGES}
"""Languages as parameters of tests; the tests of one language run in one process."""
GENERATORS = {"typescript": "nodejs", "go": "go"}
"""Languages for whose programs `make sdks` generates the SDK, because their hosts do not."""


@dataclass
class Example(Project):
    """
    A stack of an example.

    Attributes:
        language: Language of the example.
        installed: Folder of the same example whose dependencies are installed, if it is another one.
    """

    language: Language = LANGUAGES[0]
    installed: Path | None = None

    def write_program(self) -> None:
        source = EXAMPLES / self.language.name
        shutil.copytree(source, self.program, ignore=shutil.ignore_patterns(*GENERATED), dirs_exist_ok=True)
        project = (self.program / "Pulumi.yaml").read_text()
        for path, absolute in PLUGINS.items():
            project = project.replace(f": {path}\n", f": {absolute}\n")
        (self.program / "Pulumi.yaml").write_text(project)
        (self.program / "Pulumi.lab.yaml").rename(self.program / f"Pulumi.{STACK}.yaml")
        for name in GENERATED if self.installed else ():
            if (self.installed / name).exists():  # type: ignore[operator]
                (self.program / name).symlink_to(self.installed / name)  # type: ignore[operator]

    def _create_stack(self) -> None:
        file = self.program / f"Pulumi.{STACK}.yaml"
        settings = yaml.safe_load(file.read_text())
        super()._create_stack()
        file.write_text(yaml.safe_dump({**(yaml.safe_load(file.read_text()) or {}), **settings}))
        outcome = self.pulumi("config", "set", "--stack", STACK, "--secret", "userData", USER_DATA)
        assert outcome.status == 0, outcome

    @property
    def variables(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if name.startswith(SETTINGS)}
        return {**super().variables, **go_caches(), **own}

    def pulumi(self, *arguments: str) -> Outcome:
        """Run a command of the CLI to its end, with the language hosts and processes that a user has."""
        return end_of(self.start(*arguments))

    def configure(self, **settings: Any) -> None:
        """Add values to the configuration; None removes one."""
        file = self.program / f"Pulumi.{STACK}.yaml"
        kept = yaml.safe_load(file.read_text())
        config = {key: value for key, value in {**kept["config"], **settings}.items() if value is not None}
        file.write_text(yaml.safe_dump({**kept, "config": config}))

    def set_default(self, **settings: Any) -> None:
        """Add settings to the defaults of all builds."""
        file = self.program / f"Pulumi.{STACK}.yaml"
        defaults = yaml.safe_load(file.read_text())["config"]["huaweicloud-image:defaults"]
        self.configure(**{"huaweicloud-image:defaults": {**defaults, **settings}})

    def change_program(self, change: Callable[[str], str]) -> None:
        """Change the text of the program."""
        file = self.program / self.language.program
        changed = change(file.read_text())
        assert changed != file.read_text()
        file.write_text(changed)

    def state_files(self) -> list[Path]:
        """Return every file of the state, with its backups and its history."""
        return [file for file in (self.folder / "state").rglob("*") if file.is_file()]


def go_caches() -> dict[str, str]:
    """Return the caches of Go, which do not move with the cache folder of a test."""
    names = ("GOCACHE", "GOMODCACHE")
    return dict(zip(names, run(["go", "env", *names], "cannot run go").split(), strict=True))


def install(example: Example) -> None:
    """Generate and install what the program requires, as docs/how-to/programs.md describes it."""
    name, folder = example.language.name, example.program
    variables = {**example.variables, "XDG_CACHE_HOME": str(cache_folder().parent)}
    if name == "python":
        run([str(BIN / "pulumi"), "install"], "pulumi install failed", cwd=folder, variables=variables)
    elif name in GENERATORS:
        for package, schema in SCHEMAS.items():
            sdk_generation.generate(GENERATORS[name], schema, folder / "sdks" / package)
    if name == "typescript":
        command = ["npm", "ci", "--install-links", "--no-audit", "--no-fund"]
        run(command, "npm ci failed", cwd=folder, variables=variables)
