"""Places of copies that one lab serves: a second region, and a second project of the first one."""

from typing import Any

from lab.world.identity.accounts import PROJECTS
from tests.e2e.cloud import CloudView
from tests.labs import RunningLab

SERVICES = ("iam", "ims", "ecs", "evs", "vpc", "obs")
TEAM = next(project for project in PROJECTS if project.name == "lab-1_team")
SOUTH = next(project for project in PROJECTS if project.name == "lab-2")


def regions(lab: RunningLab) -> dict[str, Any]:
    """Return the regions of a stack's configuration: `lab-2`, and `team` for the second project."""
    endpoints = {service: lab.env[f"HW_{service.upper()}_ENDPOINT"] for service in SERVICES}
    team = {"region": "lab-1", "project_name": TEAM.name, "endpoints": endpoints}
    return {"lab-2": {"endpoints": endpoints}, "team": team}


def view(lab: RunningLab, project_id: str) -> CloudView:
    """Return the view of a project of the lab."""
    return CloudView({**lab.env, "HW_PROJECT_ID": project_id})
