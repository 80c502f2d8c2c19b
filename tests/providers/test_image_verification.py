"""Test of an image by a small server, before the build publishes it."""

from pathlib import Path
from typing import Any

import pytest

from huaweicloud.errors import Cancelled, CloudError, UnexpectedState
from huaweicloud.models.ecs import Server
from lab.world.identity.accounts import PROJECTS
from providers.images import found_image
from providers.installation import diagnostic_files
from providers.runtime import clients
from providers.verification.guest_wait import GuestWait
from tests.e2e.cloud import CloudView, procedure
from tests.labs import RunningLab
from tests.providers.crashing import crash_at, new_process
from tests.providers.installations import failure_of
from tests.providers.stack import Stack
from tests.providers.verifications import BOOTS, SHORT, failing, verified

TESTED = ["create test", "create end of test"]

PARTNER = next(project.id for project in PROJECTS if project.domain.name == "lab-partner")


def saved() -> list[Path]:
    return sorted(diagnostic_files.folder().glob("*.log"))


def test_an_image_that_boots_passes_and_leaves_only_itself(stack: Stack, lab: RunningLab, cloud: CloudView) -> None:
    verified(stack).up()

    assert TESTED == stack.done[-2:]
    assert (2, 0, 0) == cloud.everything()
    assert ["server", "image from disk", "delete server", "server", "delete server"] == procedure(lab)[-5:]
    test = stack["test"]
    assert ("passed", stack["image"].id) == (test["status"], test["image_id"])
    assert test["addresses"]
    (evidence,) = saved()
    assert [str(evidence)] == test["evidence"]
    assert BOOTS in evidence.read_text()


def test_the_server_of_the_test_is_small_tagged_and_starts_from_the_image(
    stack: Stack, lab: RunningLab, cloud: CloudView, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified(stack, flavor="s6.small.1")

    def cancelled(*_: object) -> Server:
        raise Cancelled("the wait")

    monkeypatch.setattr(GuestWait, "run", cancelled)

    with pytest.raises(Cancelled, match="is kept, and continues"):
        stack.up()

    (server,) = cloud.servers()
    identity = stack["identity"].id
    assert server["name"].endswith(f"-{identity}-test")
    assert f"image-from-iso={identity}.test.0" in server["tags"]
    assert stack["image"].id == server["image"]["id"]
    assert "s6.small.1" == server["flavor"]["id"]
    assert 1 == len(cloud.volumes())


def test_a_build_without_a_test_has_no_second_server(stack: Stack, lab: RunningLab) -> None:
    stack.up()

    assert 1 == procedure(lab).count("server")
    assert "test" not in stack.state


@pytest.mark.recovery("the test of an image fails")
def test_an_image_that_fails_is_kept_under_a_name_that_says_so(stack: Stack, cloud: CloudView) -> None:
    failing(stack)

    error = failure_of(stack)

    (evidence,) = saved()
    name = f"{stack['image'].inputs['name']}-failed-{stack['identity'].id}"
    assert "the text 'never shown' did not appear on the console of server" in str(error)
    assert f"within {SHORT:g} minutes" in str(error)
    assert str(evidence) in str(error)
    assert f"not published, and is kept as {name}" in str(error)
    assert f"  | {BOOTS}" in str(error)
    assert name in {image["name"] for image in cloud.images()}
    with pytest.raises(UnexpectedState, match="no finished image"):
        found_image.find(clients.cloud(stack["image"]["region"]), "build_id", stack["identity"].id)
    assert (2, 0, 0) == cloud.everything()
    assert "test" not in stack.state


def test_a_failed_image_that_passes_the_corrected_test_has_its_name_again(stack: Stack, cloud: CloudView) -> None:
    failure_of(failing(stack))
    stack.done.clear()

    verified(stack).up()

    assert TESTED == stack.done
    image = next(image for image in cloud.images() if image["id"] == stack["image"].id)
    assert stack["image"].inputs["name"] == image["name"]
    assert (2, 0, 0) == cloud.everything()


def test_a_failed_image_is_deleted_if_the_setting_says_so(stack: Stack, cloud: CloudView) -> None:
    error = failure_of(failing(stack, on_failure="delete"))

    assert "was deleted because verify.on_failure is `delete`" in str(error)
    assert (1, 0, 0) == cloud.everything()
    with pytest.raises(UnexpectedState, match="gone, so it cannot be tested") as caught:
        stack.up()
    assert "--refresh" in caught.value.hint

    verified(stack).repaired()
    assert (2, 0, 0) == cloud.everything()
    assert "passed" == stack["test"]["status"]


def test_the_image_before_stays_when_its_successor_fails(stack: Stack, cloud: CloudView) -> None:
    verified(stack).up()
    before = stack["image"].id

    stack.settings["rebuild"] = "2"
    failure_of(failing(stack, on_failure="delete"))

    assert before in {image["id"] for image in cloud.images()}


def test_a_later_run_without_changes_does_nothing(stack: Stack, lab: RunningLab) -> None:
    verified(stack).up()
    new_process()
    lab.clear_journal()

    assert [] == stack.repaired()
    assert [] == procedure(lab)


def test_another_text_leads_to_no_test_before_the_next_image(stack: Stack, lab: RunningLab) -> None:
    verified(stack).up()
    stack.done.clear()
    lab.clear_journal()

    failing(stack).up()

    assert ["update test"] == stack.done
    assert [] == procedure(lab)


def test_a_test_that_is_added_tests_the_present_image(stack: Stack) -> None:
    stack.up()
    stack.done.clear()

    verified(stack).up()

    # the image loses the tag of its own statement of provenance, which the test replaces
    assert ["update image", *TESTED] == stack.done


def test_a_test_that_is_removed_leaves_the_image(stack: Stack, cloud: CloudView) -> None:
    verified(stack).up()
    del stack.settings["verify"]
    stack.done.clear()

    stack.up()

    # the image gets the tag of its own statement of provenance again
    assert ["update image", "delete end of test", "delete test"] == stack.done
    assert (2, 0, 0) == cloud.everything()


def test_destroy_leaves_nothing(stack: Stack, cloud: CloudView) -> None:
    verified(stack).up()

    stack.destroy()

    assert (0, 0, 0) == cloud.everything()


def test_destroy_after_a_failed_test_leaves_nothing(stack: Stack, cloud: CloudView) -> None:
    failure_of(failing(stack))

    stack.destroy()

    assert (0, 0, 0) == cloud.everything()


def test_only_an_image_that_passes_is_shared(stack: Stack, cloud: CloudView) -> None:
    stack.settings = {"share_with": [PARTNER]}
    failure_of(failing(stack))
    assert [] == cloud.members(stack["image"].id)

    verified(stack).up()
    assert [PARTNER] == cloud.members(stack["image"].id)

    assert [] == stack.repaired()
    stack.settings["share_with"] = []
    stack.up()
    assert [] == cloud.members(stack["image"].id)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_interrupted_test_is_finished_by_the_next_run(
    stack: Stack, lab: RunningLab, cloud: CloudView, method: str, phase: Any, number: int
) -> None:
    stack.up()
    verified(stack)
    lab.clear_journal()
    with crash_at(number, phase, method):
        stack.up()
    lab.wait_for_jobs()

    stack.up()

    assert (2, 0, 0) == cloud.everything()
    assert 1 == procedure(lab).count("server")
    assert "passed" == stack["test"]["status"]


@pytest.mark.parametrize("on_failure", ["keep", "delete"])
@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("number", range(1, 5))
def test_an_interrupted_failure_leaves_no_server(
    stack: Stack, lab: RunningLab, cloud: CloudView, on_failure: str, phase: Any, number: int
) -> None:
    stack.up()
    failing(stack, on_failure=on_failure)
    with crash_at(number, phase, "POST"):
        try:
            stack.up()
        except CloudError:
            return  # fewer requests
    lab.wait_for_jobs()

    with pytest.raises(CloudError):
        stack.up()

    assert (2 if on_failure == "keep" else 1, 0, 0) == cloud.everything()
