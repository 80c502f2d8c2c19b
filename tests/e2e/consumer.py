"""A program that uses the provider, in a folder of its own: of the project it has the path of the plugin only."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from plugin.package.spelling import camel
from tests import warm
from tests.e2e.project import ROOT, Project, build_settings
from tests.labs import RunningLab

PROGRAM = Path(__file__).parent / "by_provider" / "__main__.py"
EXECUTABLE = "pulumi-resource-huaweicloud-image"
IMPORT = ("--yes", "--skip-preview", "--protect=false", "--generate-code=false", "--stack", "test")
"""Options of `pulumi import`: the image is not protected, and nothing else is written."""


@dataclass
class Consumer(Project):
    """
    A stack of such a program.

    Args:
        name: Name of the program.
        on_path: Folder on PATH with the executable of the provider, which the program does not mention then.
        plugin: Folder of the provider otherwise; by default the project's, whose process is warm.
    """

    name: str = "a-program"
    on_path: str = ""
    plugin: Path | None = None

    def write_program(self) -> None:
        (self.program / "__main__.py").write_text(PROGRAM.read_text())
        warm.write_environment(self.program / ".venv")
        self.plugin = self.plugin or self._warm_plugin()
        plugin = {"name": "huaweicloud-image", "path": str(self.plugin)}
        project = {
            "name": self.name,
            "runtime": {"name": "python", "options": {"virtualenv": ".venv"}},
            **({} if self.on_path else {"plugins": {"providers": [plugin]}}),
        }
        (self.program / "Pulumi.yaml").write_text(yaml.safe_dump(project))

    def _warm_plugin(self) -> Path:
        """Return a folder with the provider's files, beside a virtual environment with warm processes."""
        plugin = self.folder / "package" / "plugin"
        plugin.mkdir(parents=True)
        for file in (ROOT / "plugin").iterdir():
            (plugin / file.name).symlink_to(file)
        (plugin / EXECUTABLE).unlink()
        shutil.copy(ROOT / "plugin" / EXECUTABLE, plugin)  # it starts the Python beside its own file
        warm.write_environment(plugin.parent / ".venv")
        return plugin

    @property
    def variables(self) -> dict[str, str]:
        found = super().variables
        return {**found, "PATH": os.pathsep.join(filter(None, [self.on_path, found["PATH"]]))}

    def configure(self, **settings: Any) -> None:
        """Write the stack's configuration: keys with a namespace, or of the program."""
        config = {key if ":" in key else f"{self.name}:{key}": value for key, value in settings.items()}
        (self.program / "Pulumi.test.yaml").write_text(yaml.safe_dump({"config": config}))

    def resources(self) -> dict[str, dict[str, Any]]:
        """Return the resources of the state by type and name."""
        found = self.state()["deployment"].get("resources", [])
        return {f"{one['type'].rpartition(':')[2]} {one['urn'].rpartition('::')[2]}": one for one in found}


def inputs(lab: RunningLab, settings: Mapping[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Return the inputs of a build that works in the lab, with settings by their names in a stack, and with changes."""
    settings = build_settings(lab.env, name=None, **(settings or {}))
    return {**{camel(key): value for key, value in settings.items()}, **changes}
