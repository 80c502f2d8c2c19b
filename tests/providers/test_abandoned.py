"""A build that is abandoned before its end leaves no server beside that of its successor."""

import pytest

from huaweicloud.errors import CloudError
from providers.lifecycle import temp_server_creation
from tests.e2e.cloud import CloudView, procedure
from tests.labs import RunningLab
from tests.providers.crashing import Crash, new_process
from tests.providers.stack import Stack

BUILD_AFTER_ABANDONED = ["delete server", "server", "image from disk", "delete server"]


def interrupted(stack: Stack, lab: RunningLab) -> Stack:
    """Return a build that ended while its server was alive, with a quota of one server."""
    lab.change_settings(quotas={"servers": 1})
    lab.fault("status", service="ims", method="POST", path="/action$", nth=2, status=400, code="IMG.0005")
    with pytest.raises(CloudError, match=r"IMG\.0005"):
        stack.up()
    lab.call("DELETE", "/faults")
    lab.clear_journal()
    new_process()
    return stack


@pytest.mark.recovery("`deletes server … of the abandoned build …`")
@pytest.mark.recovery("a server is still installing when another build is asked for")
def test_its_server_is_deleted_before_the_new_one_is_created(stack: Stack, lab: RunningLab, cloud: CloudView) -> None:
    interrupted(stack, lab).settings = {"rebuild": "again"}

    stack.up()

    assert BUILD_AFTER_ABANDONED == [
        what for what in procedure(lab) if "image" not in what or what == "image from disk"
    ]
    assert (2, 0, 0) == cloud.everything()


def test_a_server_that_was_never_recorded_is_deleted_too(
    stack: Stack, lab: RunningLab, cloud: CloudView, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.change_settings(quotas={"servers": 1})
    with monkeypatch.context() as patched:
        patched.setattr(temp_server_creation, "_wait_for_job", lambda *_: (_ for _ in ()).throw(Crash()))
        with pytest.raises(Crash):
            stack.up()
    lab.wait_for_jobs()  # the service refuses to delete a server that is being made
    new_process()
    lab.clear_journal()
    assert "server" not in stack.state
    stack.settings = {"rebuild": "again"}

    stack.up()

    assert ["delete server", "server"] == procedure(lab)[:2]
    assert (2, 0, 0) == cloud.everything()


def test_the_server_of_a_forced_new_identity_is_deleted_by_the_server_that_replaces_it(
    stack: Stack, lab: RunningLab, cloud: CloudView
) -> None:
    interrupted(stack, lab)
    stack.condemned.append(stack.state.pop("identity"))  # `--replace` asks no diff()

    stack.up()

    assert ["delete server", "server"] == procedure(lab)[:2]
    assert (2, 0, 0) == cloud.everything()


def test_a_process_that_ends_before_the_new_identity_is_recorded_loses_nothing(
    stack: Stack, lab: RunningLab, cloud: CloudView, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(stack, lab).settings = {"rebuild": "again"}
    with monkeypatch.context() as patched:
        patched.setattr("providers.build_identity.new_build_id", lambda: (_ for _ in ()).throw(Crash()))
        with pytest.raises(Crash):
            stack.up()
    new_process()
    assert [] == cloud.servers()

    stack.up()

    assert (2, 0, 0) == cloud.everything()


def test_a_server_that_cannot_be_deleted_yet_is_left_to_the_end_of_the_run(
    stack: Stack, lab: RunningLab, cloud: CloudView
) -> None:
    interrupted(stack, lab).settings = {"rebuild": "again"}
    lab.change_settings(quotas={"servers": 2})
    lab.fault("status", service="ecs", method="POST", path="/delete$", nth=1, status=403, code="Ecs.0000")

    stack.up()

    assert ["server", "image from disk"] == [what for what in procedure(lab) if what in ("server", "image from disk")]
    assert (2, 0, 0) == cloud.everything()


def test_a_finished_build_costs_one_list_of_servers_and_keeps_its_image_until_the_new_one_is_there(
    stack: Stack, lab: RunningLab
) -> None:
    stack.up()
    stack.settings = {"rebuild": "again"}
    new_process()
    lab.clear_journal()

    stack.up()

    assert ["server", "image from disk", "delete server", "delete image"] == procedure(lab)
    operations = lab.operations()
    assert operations.index("list_servers_details") < operations.index("create_post_paid_servers")
    before = operations[: operations.index("create_post_paid_servers")]
    assert 2 == before.count("list_servers_details")  # this one, and the search for a server of the new build


def test_a_quota_that_the_server_of_another_build_uses_up_is_reported_with_its_name(
    stack: Stack, lab: RunningLab, cloud: CloudView
) -> None:
    interrupted(stack, lab)
    (server,) = cloud.servers()

    with pytest.raises(CloudError) as refused:
        Stack(lab.env, {"name": "other", "image_name": "other"}).up()

    assert f"use a part of it: {server['name']};" in refused.value.hint
    assert f"-{stack['identity'].id}" in server["name"]
