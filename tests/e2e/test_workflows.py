"""Pulumi's own workflows, each on one stack: docs/reference/workflows.md lists the results."""

from pathlib import Path

import pytest

from tests.e2e import workflow_stack as walk
from tests.e2e.consumer import IMPORT
from tests.e2e.crash.cell import Serving
from tests.e2e.workflow_stack import WorkflowStack, good
from tests.labs import RunningLab

pytestmark = [pytest.mark.e2e]

DYNAMIC, PROVIDER = (
    pytest.param(serving, marks=pytest.mark.xdist_group(f"workflows of {serving}"), id=serving)
    for serving in ("dynamic", "provider")
)
BOTH = pytest.mark.parametrize("serving", [DYNAMIC, PROVIDER])


@pytest.fixture
def stack(serving: Serving, lab: RunningLab, tmp_path: Path) -> WorkflowStack:
    return WorkflowStack.create(serving, lab, tmp_path / "project")


@pytest.mark.parametrize(
    "serving", [DYNAMIC, pytest.param(*PROVIDER.values, marks=[*PROVIDER.marks, pytest.mark.matrix], id=PROVIDER.id)]
)
def test_update_plans_and_targets(stack: WorkflowStack) -> None:
    walk.update_plans(stack)
    walk.targets(stack)
    good(stack.project.destroy())


@BOTH
@pytest.mark.matrix
@pytest.mark.timeout(900)
def test_replacements_refreshes_and_commands_on_the_state(stack: WorkflowStack) -> None:
    good(stack.project.up())
    walk.replacements_and_refreshes(stack)
    walk.state_commands(stack)
    walk.moves_and_names_of_stacks(stack)
    walk.passphrases(stack)
    walk.automation(stack)


@pytest.mark.parametrize("serving", [DYNAMIC])
@pytest.mark.matrix
def test_errors_and_imports_of_dynamic_resources(stack: WorkflowStack) -> None:
    failed = walk.errors(stack)

    assert "failed to register" in failed.output  # the SDK's report of what depends on it

    imported = stack.project.pulumi("import", stack.token("CapturedImage"), "copy", stack.images()["golden"], *IMPORT)

    assert imported.status != 0
    assert "KeyError: '__provider'" in imported.output  # Pulumi reads a dynamic resource without its provider
    good(stack.project.preview("--expect-no-changes"))
    good(stack.project.destroy())


@pytest.mark.parametrize("serving", [PROVIDER])
@pytest.mark.matrix
def test_errors_and_imports_with_the_provider(stack: WorkflowStack) -> None:
    failed = walk.errors(stack)

    assert "Traceback" not in failed.output
    good(stack.project.pulumi("import", stack.token("CapturedImage"), "copy", stack.images()["golden"], *IMPORT))
    good(stack.state("delete", stack.urn("CapturedImage", "copy").replace(f"{stack.token('IsoImageBuild')}$", "")))
    good(stack.project.preview("--expect-no-changes"))
    good(stack.project.destroy())
