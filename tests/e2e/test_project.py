"""Credentials for another project change nothing, whichever command is run with them."""

import re
from typing import Any

import pytest

from lab.world.identity.accounts import PARTNER, PROJECT, PROJECTS
from tests.e2e.project import Project, build_settings

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("project")]

TEAM = next(project for project in PROJECTS if project.name.endswith("_team"))
SENTENCE = re.compile(r"[^ ]+ [^ ]+ was made in project .+? the credentials are for")
MISMATCH = re.compile(r"(?:build debian|ISO image \S+) was made in project (.+?), the credentials are for (.+?);")
DELETED = re.compile(r'(?<!")deleted')
"""A deletion on a row or in the counts; the outputs have the value "deleted" for a temporary server."""


@pytest.mark.recovery("`not done, for the reason that is reported for …`")
def test_every_command_names_both_projects_once_and_drops_nothing(new_project, lab, cloud):
    project: Project = new_project()
    assert project.up().status == 0
    made, state = cloud.everything(), project.state()
    own = project.environment
    commands = {
        "preview": project.preview,
        "up": project.up,
        "up --refresh": lambda: project.up("--refresh"),
        "refresh": project.refresh,
        "destroy": project.destroy,
    }

    project.environment = {**own, "HW_PROJECT_ID": TEAM.id}
    for command, run in commands.items():
        outcome = run()
        assert outcome.status != 0, (command, outcome)
        assert not DELETED.search(outcome.output), (command, outcome)
        assert {(f"{PROJECT.name} ({PROJECT.id})", f"{TEAM.name} ({TEAM.id})")} == set(
            MISMATCH.findall(outcome.output)
        ), (command, outcome)
        assert "HW_PROJECT_ID" in outcome.output, (command, outcome)
        assert len(set(SENTENCE.findall(outcome.output))) <= 2, (command, outcome)  # the build's, the ISO image's
        if command == "refresh":  # a destroy begins with one resource
            assert "not done, for the reason that is reported for build debian" in outcome.output, outcome.output
    project.configure(region=lab.env["HW_REGION_NAME"], builds=[build_settings(lab.env)], preflight="off")
    outcome = project.preview()  # its first resource ends the preview: the build's or the ISO image's
    assert MISMATCH.search(outcome.output), outcome

    agency = {"HW_ASSUME_ROLE_AGENCY_NAME": "nosuch", "HW_ASSUME_ROLE_DOMAIN_NAME": PARTNER.name}
    for environment in ({**own, **agency}, {key: own[key] for key in own if key != "HW_PROJECT_ID"} | agency):
        project.environment = environment
        outcome = project.destroy()
        assert outcome.status != 0
        assert "agency nosuch does not exist" in outcome.output, outcome
        assert not DELETED.search(outcome.output), outcome

    project.environment = own
    assert made == cloud.everything()
    assert by_urn(state) == by_urn(project.state())
    assert project.destroy().status == 0
    assert (0, 0, 0) == cloud.everything()


def by_urn(state: dict[str, Any]) -> dict[str, Any]:
    """Return the resources of a state by their URN, without what the engine itself writes in another form."""
    return {
        resource["urn"]: {key: value for key, value in resource.items() if key != "propertyDependencies"}
        for resource in state["deployment"]["resources"]
    }


def test_a_run_says_which_of_two_settings_it_uses(new_project, lab):
    project: Project = new_project()
    project.configure(
        region=lab.env["HW_REGION_NAME"], builds=[build_settings(lab.env)], project_name="lab-1_of_the_stack"
    )

    outcome = project.preview()

    assert outcome.status == 0, outcome
    assert f"to project {PROJECT.id} (HW_PROJECT_ID); not used: lab-1_of_the_stack (project_name)" in outcome.output
    assert lab.env["HW_SECRET_KEY"] not in outcome.output
