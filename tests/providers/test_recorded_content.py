"""Record of an ISO file in the state: requests, unreadable and deleted files, states of earlier versions."""

import time

import pytest

from providers.runtime import clients
from tests.e2e.cloud import procedure
from tests.labs import RunningLab, wait_for
from tests.providers.crashing import new_process
from tests.providers.iso_uploads import FIRST, OTHER, Put, created
from tests.providers.stack import Stack
from tests.providers.test_iso_content import NEW_BUILD


def test_an_unchanged_file_costs_a_request_and_its_import_one_or_two_more(
    stack: Stack, lab: RunningLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.up()
    assert 1 == looks_after_the_import(lab)
    new_process()
    lab.clear_journal()
    stack.done.clear()

    stack.up()

    assert ([], ["HEAD"]) == (stack.done, [e["method"] for e in lab.journal(service="obs")])


def looks_after_the_import(lab: RunningLab) -> int:
    requests = [(e["service"], e["method"], e["operation"]) for e in lab.journal()]
    imported = next(place for place, request in enumerate(requests) if request[2] == "create_iso_image")
    return sum(request[:2] == ("obs", "HEAD") for request in requests[imported:])


@pytest.mark.recovery("`could not check if … has changed: …` (a warning)")
def test_where_the_file_cannot_be_read_nothing_is_replaced_and_the_run_warns(
    stack: Stack, lab: RunningLab, put: Put, messages: list[str]
) -> None:
    stack.up()
    put(OTHER)
    lab.fault("status", service="obs", method="HEAD", status=403, code="AccessDenied")
    stack.done.clear()
    content = stack["identity"]["content"]

    stack.up()
    lab.call("DELETE", "/faults")

    assert ([], content) == (stack.done, stack["identity"]["content"])
    assert 1 == sum("could not check if lab-images:installer.iso has changed" in line for line in messages)
    new_process()
    assert NEW_BUILD == created(stack.up().done)[:4]


def test_a_state_without_content_records_it_and_replaces_nothing(stack: Stack, lab: RunningLab) -> None:
    stack.up()
    for name in ("import", "iso", "identity"):
        for props in (stack[name].inputs, stack[name].outputs):
            del props["content"]
    new_process()
    stack.done.clear()
    lab.clear_journal()

    stack.up()

    assert ["update import", "update iso", "update identity"] == stack.done
    assert [] == procedure(lab)
    new_process()
    stack.done.clear()
    assert [] == stack.up().done
    assert {len(FIRST)} == {stack[name]["content"]["size_bytes"] for name in ("import", "iso", "identity")}


def test_an_iso_image_of_an_earlier_version_that_is_older_than_the_file_is_named_with_the_cure(
    stack: Stack, put: Put, messages: list[str]
) -> None:
    stack.up()
    for name in ("import", "iso", "identity"):
        for props in (stack[name].inputs, stack[name].outputs):
            del props["content"]
    wait_for(lambda: int(time.time()) > stack_time(stack), "the next second")
    put(OTHER)

    stack.up()

    assert 1 == sum("was imported before lab-images:installer.iso was last uploaded" in line for line in messages)


def stack_time(stack: Stack) -> int:
    """Return the time at which the ISO image was created, in seconds of the service."""
    image = clients.cloud("lab-1").ims.get_image(stack["iso"].id)
    assert image is not None
    assert image.created_at is not None
    return int(image.created_at.timestamp())


@pytest.mark.recovery("the ISO file was deleted after the build")
def test_a_file_that_is_gone_after_the_build_changes_nothing(
    stack: Stack, lab: RunningLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.up()
    new_process()
    stack.done.clear()
    lab.fault("status", service="obs", method="HEAD", status=404, code="NoSuchKey")

    assert [] == stack.up().done
