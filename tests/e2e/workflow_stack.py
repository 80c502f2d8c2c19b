"""A stack of two builds for Pulumi's own workflows, by dynamic resources or with the provider."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as automation_api
from pulumi.automation import LocalWorkspaceOptions

from plugin.package.spelling import camel
from tests.e2e.cloud import CHANGES, CloudView, procedure
from tests.e2e.consumer import Consumer, inputs
from tests.e2e.crash.cell import Serving
from tests.e2e.project import COMMAND_TIMEOUT_S, STACK, Outcome, Project, build_settings
from tests.labs import RunningLab

EXPERIMENTAL = {"PULUMI_EXPERIMENTAL": "true"}
BUILDS = ("golden", "second")
NO_SUBNET = "00000000-0000-4000-8000-000000000000"
REPLACED_WITH_SERVER = 3  # the server, its installation and its teardown


@dataclass
class WorkflowStack:
    """
    A stack of the builds `golden` and `second`, which share the import of their ISO file.

    Attributes:
        serving: Way in which the resources are served.
    """

    serving: Serving
    project: Project
    lab: RunningLab
    cloud: CloudView

    @classmethod
    def create(cls, serving: Serving, lab: RunningLab, folder: Path) -> WorkflowStack:
        """Create an empty stack, in a new folder."""
        kind = Consumer if serving == "provider" else Project
        stack = cls(serving, kind(folder, {**lab.env, **EXPERIMENTAL}), lab, CloudView(lab.env))
        stack.declare()
        return stack

    def declare(self, settings: dict[str, Any] | None = None, **by_build: dict[str, Any]) -> None:
        """Write the configuration: further settings of the stack, and changes of builds by their names."""
        own = {"region": "lab-1", **(settings or {})}
        changes = {name: {"image_name": name, **by_build.get(name, {})} for name in BUILDS}
        if self.serving == "dynamic":
            builds: Any = [build_settings(self.lab.env, name=name, **changes[name]) for name in BUILDS]
            self.project.configure(builds=builds, **own)
            return
        builds = {
            name: inputs(self.lab, **{camel(key): value for key, value in changes[name].items()}) for name in BUILDS
        }
        named = {f"huaweicloud-image:{key}": value for key, value in own.items()}
        self.project.configure(builds=builds, **named)

    def token(self, kind: str) -> str:
        """Return the type token of a resource."""
        module = "pulumi-python:dynamic/huaweicloud" if self.serving == "dynamic" else "huaweicloud-image:index"
        return f"{module}:{kind}"

    def urn(self, kind: str, name: str) -> str:
        """Return the URN of a step of a build; of the build itself, if no step is given."""
        component = "huaweicloud:image:IsoImageBuild" if self.serving == "dynamic" else self.token("IsoImageBuild")
        types = f"{component}${self.token(kind)}" if kind else component
        project = "image-from-iso" if self.serving == "dynamic" else "a-program"
        return f"urn:pulumi:{STACK}::{project}::{types}::{name}"

    def state(self, *command: str) -> Outcome:
        """Run a command of `pulumi state`."""
        return self.project.pulumi("state", *command, "--yes", "--stack", STACK)

    def images(self) -> dict[str, str]:
        """Return the ids of the images by their builds."""
        found: dict[str, str] = self.project.outputs()["images"]
        return found

    def descriptions(self) -> dict[str, str]:
        """Return the descriptions of the images in the cloud by their names."""
        return {image["name"]: image.get("__description") or "" for image in self.cloud.images("FusionCompute")}

    @contextmanager
    def buying_nothing(self) -> Iterator[None]:
        """Require that neither server nor image is created or deleted in the block."""
        before = {image["id"] for image in self.cloud.images()}
        self.lab.clear_journal()
        yield
        assert [] == [change for change in procedure(self.lab) if change in CHANGES.values()]
        assert before == {image["id"] for image in self.cloud.images()}


def good(outcome: Outcome) -> Outcome:
    """Require that a command has succeeded."""
    assert outcome.status == 0, outcome
    return outcome


def update_plans(stack: WorkflowStack) -> None:
    """Keep the plan of a first build, break it, and keep it."""
    stack.declare()
    good(stack.project.preview("--save-plan", "plan.json"))
    stack.declare(golden={"min_ram": 1024}, second={"min_ram": 1024})

    broken = stack.project.up("--plan", "plan.json")

    assert broken.status != 0, broken
    assert "violates plan" in broken.output
    stack.declare()
    good(stack.project.up("--plan", "plan.json"))
    assert {*BUILDS} == {*stack.images()}


def targets(stack: WorkflowStack) -> None:
    """Update one image by `--target`, and the other one by leaving out the first."""
    stack.declare(golden={"description": "new"}, second={"description": "new"})
    with stack.buying_nothing():
        good(stack.project.up("--target", stack.urn("CapturedImage", "golden")))
        assert {"golden": "new", "second": ""} == stack.descriptions()
        stack.declare(golden={"description": "newer"}, second={"description": "new"})
        good(stack.project.up("--exclude", stack.urn("CapturedImage", "golden")))
    assert {"golden": "new", "second": "new"} == stack.descriptions()
    stack.declare(golden={"description": "new"}, second={"description": "new"})


def replacements_and_refreshes(stack: WorkflowStack) -> None:
    """Replace a server and an image of a finished build, and refresh with and without the program."""
    images = stack.images()
    with stack.buying_nothing():
        replaced = good(stack.project.up("--replace", stack.urn("TempServer", "golden")))
        good(stack.project.up("--replace", stack.urn("CapturedImage", "golden")))
        good(stack.project.refresh("--expect-no-changes"))
        good(stack.project.refresh("--run-program", "--expect-no-changes"))
        good(stack.project.up("--expect-no-changes"))
    assert f"+-{REPLACED_WITH_SERVER} replaced" in replaced.output
    assert images == stack.images()


def state_commands(stack: WorkflowStack) -> None:
    """Protect, delete, rename and move resources of a finished build in the state."""
    image, teardown = stack.urn("CapturedImage", "golden"), stack.urn("TempServerTeardown", "golden")
    good(stack.state("protect", image))
    refused = stack.project.destroy("--target", image, "--target", teardown)
    assert "because it is protected" in refused.output, refused
    good(stack.state("unprotect", image))
    with stack.buying_nothing():
        good(stack.project.up())
        good(stack.state("delete", teardown))
        assert "+ 1 created" in good(stack.project.up()).output
        good(stack.state("rename", teardown, "renamed"))
        assert "- 1 to delete" in good(stack.project.preview()).output
        good(stack.state("rename", teardown.replace("::golden", "::renamed"), "golden"))
        good(stack.project.preview("--expect-no-changes"))


def moves_and_names_of_stacks(stack: WorkflowStack) -> None:
    """Rename the stack, and move a build to another one, which destroys it."""
    project = stack.project
    with stack.buying_nothing():
        good(project.pulumi("stack", "rename", "renamed", "--stack", STACK))
        good(project.pulumi("preview", "--stack", "renamed", "--expect-no-changes"))
        good(project.pulumi("stack", "rename", STACK, "--stack", "renamed"))
        good(project.pulumi("stack", "init", "other", "--no-select"))
        good(project.pulumi("state", "move", "--source", STACK, "--dest", "other", "--yes", stack.urn("", "second")))
        good(project.pulumi("refresh", "--stack", "other", "--yes", "--skip-preview", "--expect-no-changes"))
    good(project.pulumi("destroy", "--stack", "other", "--yes", "--skip-preview"))
    assert {"golden"} == {*stack.descriptions()}
    good(project.up())
    assert {*BUILDS} == {*stack.descriptions()}


def errors(stack: WorkflowStack) -> Outcome:
    """Build with a build that fails, the other one goes on; return what the command printed."""
    stack.declare({"preflight": "off"}, golden={"subnet_id": NO_SUBNET})

    failed = stack.project.up("--continue-on-error")

    assert failed.status != 0, failed
    assert "The subnet does not exist" in failed.output
    assert (["second"], 0) == ([*stack.descriptions()], len(stack.cloud.servers()))
    stack.declare()
    good(stack.project.up())
    assert {*BUILDS} == {*stack.descriptions()}
    return failed


def passphrases(stack: WorkflowStack) -> None:
    """Change the passphrase of the stack: from then on only the new one is accepted."""
    project, old = stack.project, stack.project.environment
    changed = subprocess.run(
        ["pulumi", "stack", "change-secrets-provider", "passphrase", "--stack", STACK],
        executable=shutil.which("pulumi", path=project.variables["PATH"]),
        cwd=project.program,
        env=project.variables,
        input="another one\n" * 2,
        text=True,
        capture_output=True,
        check=False,
        timeout=COMMAND_TIMEOUT_S,
    )
    assert changed.returncode == 0, changed.stderr
    refused = project.preview()
    assert "incorrect passphrase" in refused.output, refused
    project.environment = {**old, "PULUMI_CONFIG_PASSPHRASE": "another one"}
    good(project.preview("--expect-no-changes"))


def automation(stack: WorkflowStack) -> None:
    """Run all commands by the Automation API, on the folder of the program; nothing is left in the end."""
    variables = stack.project.variables
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", variables["PATH"])
        options = LocalWorkspaceOptions(env_vars=variables)
        same = automation_api.select_stack(STACK, work_dir=str(stack.project.program), opts=options)
        assert {"same"} == {*same.preview().change_summary}
        assert {"same"} == {*(same.up().summary.resource_changes or {})}
        assert {"same"} == {*(same.refresh().summary.resource_changes or {})}
        assert {*BUILDS} == {*same.outputs()["images"].value}
        assert {"delete"} == {*(same.destroy().summary.resource_changes or {})}
    assert stack.cloud.everything() == (0, 0, 0)
