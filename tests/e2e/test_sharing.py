"""A finished image is shared with the projects that the configuration names, while the rules allow it."""

import json

import pytest

from lab.world.identity.accounts import PROJECTS
from tests.e2e.project import build_settings

PARTNER = next(project.id for project in PROJECTS if project.domain.name == "lab-partner")

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("sharing")]


def members(lab):
    """Return the operations on the members of images, in their order."""
    return [entry["operation"] for entry in lab.journal() if "member" in entry["operation"]]


def test_an_image_is_shared_and_not_any_more_and_only_with_whom_the_rules_allow(new_project, lab):
    project = new_project(share_with=[PARTNER])
    rules = project.folder / "rules.json"
    rules.write_text(json.dumps({"image-sharing": {"projects": [PARTNER]}}))
    allowed = ("--policy-pack", "policy", "--policy-pack-config", str(rules))

    refused = project.preview("--policy-pack", "policy")
    shared = project.up(*allowed)
    again = project.up(*allowed)
    project.configure(region="lab-1", builds=[build_settings(lab.env)])
    ended = project.up(*allowed)
    calls = members(lab)
    gone = project.destroy()

    assert refused.status != 0, refused
    assert f"share_with contains {PARTNER!r} (allowed: none)" in refused.output
    assert shared.status == 0, shared
    assert "created" not in again.output.partition("Updating")[2], again
    assert "updated" not in again.output.partition("Updating")[2], again
    assert ended.status == 0, ended
    adds_and_removals = [call for call in calls if "list" not in call]
    assert adds_and_removals == ["glance_add_image_member", "glance_delete_image_member"]
    assert gone.status == 0, gone
