"""Pulumi's own workflows with the provider, each on one stack: docs/reference/workflows.md lists the results."""

from pathlib import Path

import pytest

from tests.e2e import workflow_stack as walk
from tests.e2e.workflow_stack import WorkflowStack, good
from tests.labs import RunningLab

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("workflows of provider")]

IMPORT = ("--yes", "--skip-preview", "--protect=false", "--generate-code=false", "--stack", "test")


@pytest.fixture
def stack(lab: RunningLab, tmp_path: Path) -> WorkflowStack:
    return WorkflowStack.create("provider", lab, tmp_path / "project")


def test_update_plans_and_targets(stack: WorkflowStack) -> None:
    walk.update_plans(stack)
    walk.targets(stack)
    good(stack.project.destroy())


@pytest.mark.matrix
@pytest.mark.timeout(900)
def test_replacements_refreshes_and_commands_on_the_state(stack: WorkflowStack) -> None:
    good(stack.project.up())
    walk.replacements_and_refreshes(stack)
    walk.state_commands(stack)
    walk.moves_and_names_of_stacks(stack)
    walk.passphrases(stack)
    walk.automation(stack)


@pytest.mark.matrix
def test_errors_and_imports(stack: WorkflowStack) -> None:
    failed = walk.errors(stack)

    assert "Traceback" not in failed.output
    good(stack.project.pulumi("import", stack.token("CapturedImage"), "copy", stack.images()["golden"], *IMPORT))
    good(stack.state("delete", stack.urn("CapturedImage", "copy").replace(f"{stack.token('IsoImageBuild')}$", "")))
    good(stack.project.preview("--expect-no-changes"))
    good(stack.project.destroy())
