"""A server's client token that an earlier request with other settings has used up."""

import json
import time

import pytest

from huaweicloud.ecs import Limits
from providers.lifecycle import temp_server_creation
from tests.e2e.cloud import CloudView
from tests.labs import RunningLab
from tests.providers.crashing import new_process
from tests.providers.stack import Stack


def refused(lab: RunningLab) -> int:
    """Return the number of requests for a server that were refused for their token."""
    responses = [entry for entry in lab.journal() if entry["operation"] == "create_post_paid_servers"]
    return sum("Ecs.0122" in str(entry["response"]) for entry in responses)


def killed_while_it_was_destroyed(stack: Stack) -> Stack:
    """Return a stack whose `destroy` was killed after it had deleted all but the identities."""
    stack.up()
    for name in ("teardown", "image", "installation", "server", "iso"):
        stack.state.pop(name).delete()
    new_process()
    return stack


def test_a_destroy_that_was_killed_is_followed_by_an_up_without_a_wait(
    stack: Stack, lab: RunningLab, cloud: CloudView
) -> None:
    killed_while_it_was_destroyed(stack)
    lab.clear_journal()
    began = time.monotonic()

    stack.up()

    assert 1 == refused(lab)
    assert lab.operations().count("list_servers_details") <= 5
    assert time.monotonic() - began < temp_server_creation.LISTED_WITHIN_S / 2
    assert (2, 0, 0) == cloud.everything()


def test_a_server_that_lists_do_not_show_yet_is_waited_for_and_taken_over(
    stack: Stack, lab: RunningLab, cloud: CloudView
) -> None:
    lab.change_settings(list_lag_s=4)
    stack.settings = {"tags": {"tried": "first"}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(temp_server_creation, "_wait_for_job", killed)
        with pytest.raises(KeyboardInterrupt):
            stack.up()
    new_process()
    lab.clear_journal()

    stack.settings = {"tags": {"tried": "second"}}
    stack.up()

    assert 1 == refused(lab)
    created = [e for e in lab.journal() if e["operation"] == "create_post_paid_servers" and e["status"] == 200]
    assert [] == created, json.dumps(created)
    assert (2, 0, 0) == cloud.everything()


def killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_quota_that_is_not_reported_proves_nothing() -> None:
    assert "used_instances" not in Limits.model_validate({"maxTotalInstances": 100}).model_fields_set
