"""User data reaches the installer, and nobody else."""

import json

import pytest

from tests.e2e.cloud import changes

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("user_data")]

USER_DATA = "#cloud-config\nautoinstall: {identity: {password: 'not-for-the-state'}}\n"


def test_user_data_is_sent_and_is_in_no_state_in_clear(new_project, lab):
    """Also where the policy pack fills in other inputs of the same resource."""
    project = new_project(user_data=USER_DATA)
    rules = project.folder / "rules.json"
    rules.write_text(json.dumps({"required-tags": {"tags": {"owner": "ci"}}}))
    lab.clear_journal()

    outcome = project.up("--policy-pack", "policy", "--policy-pack-config", str(rules))
    state = json.dumps(project.state())
    (order,) = [change.body["server"] for change in changes(lab) if change.what == "server"]
    gone = project.destroy()

    assert outcome.status == 0, outcome
    assert {"key": "owner", "value": "ci"} in order["server_tags"]
    assert order["user_data"]  # the lab's journal does not show what it is either
    assert "not-for-the-state" not in state + outcome.output
    assert gone.status == 0, gone


def test_too_much_of_it_is_refused_without_showing_it(new_project):
    project = new_project(user_data="not-for-the-log" + "x" * 32768)

    outcome = project.preview()

    assert outcome.status != 0, outcome
    assert "builds[0].user_data: must have at most 32768 bytes" in outcome.output
    assert "not-for-the-log" not in outcome.output
