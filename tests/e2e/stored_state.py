"""Stacks and labs as the first released version left them; see stored/README.md."""

import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.e2e.project import STACK, Project, build_settings
from tests.labs import RunningLab

STORED = Path(__file__).parent / "stored"
TEXT = (".json", ".sql")


@contextmanager
def stored(name: str, folder: Path) -> Iterator[tuple[Project, RunningLab]]:
    """
    Provide a stack of the first released version, in the lab that it was built in, until the end of the block.

    Args:
        name: Name of the archive.
        folder: Empty folder.
    """
    with tarfile.open(STORED / f"{name}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    state = folder / "state"
    restore_lab(state)
    lab = RunningLab.start(state, time_scale=300)
    try:
        project = Project(folder / "project", lab.env)
        configure(project, lab)
        (project.program / "stack.json").write_text((folder / "stack.json").read_text())
        outcome = project.pulumi("stack", "import", "--stack", STACK, "--file", "stack.json")
        assert outcome.status == 0, outcome
        lab.clear_journal()
        yield project, lab
    finally:
        lab.stop()


def configure(project: Project, lab: RunningLab, **changes: object) -> None:
    """Write the configuration that the stored stacks were built from, with changes to their build."""
    as_built = {"tags": {"owner": "platform"}, "description": "a stored build"}
    build = build_settings(lab.env, **{**as_built, **changes})
    project.configure(region=lab.env["HW_REGION_NAME"], builds=[build])


def restore_lab(state: Path) -> None:
    """Make a lab's state folder of what the archive holds of it."""
    for file in (path for path in state.rglob("*") if path.suffix in TEXT):
        file.write_text(file.read_text().replace("@STATE@", str(state)))
    for script in state.rglob("*.sql"):
        connection = sqlite3.connect(script.with_suffix(""))
        connection.executescript(script.read_text())
        connection.close()
        script.unlink()


def resource_ids(project: Project) -> dict[str, str]:
    """Return the ids of a stack's resources by URN; two resources of one URN, as in a replacement, are an error."""
    resources = project.state()["deployment"]["resources"]
    found = [(resource["urn"], resource["id"]) for resource in resources if "id" in resource]
    assert len(found) == len(dict(found)), found
    return dict(found)


def outputs_of_resources(project: Project) -> list[dict[str, Any]]:
    """Return the outputs of a stack's dynamic resources."""
    resources = project.state()["deployment"]["resources"]
    return [resource["outputs"] for resource in resources if "dynamic/huaweicloud" in resource["type"]]
