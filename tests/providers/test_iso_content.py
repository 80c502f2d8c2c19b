"""Another ISO file under the same name: the next build imports and boots it."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from huaweicloud.errors import CloudError
from huaweicloud.ims import Ims
from providers.images import image_spec
from providers.iso_file import iso_source
from providers.lifecycle import image_creation
from tests.e2e.cloud import CloudView, procedure
from tests.labs import RunningLab
from tests.providers.crashing import new_process
from tests.providers.iso_uploads import FIRST, OTHER, Put, booted, created, sha256
from tests.providers.stack import Stack

NEW_BUILD = ["replace import", "replace iso", "replace identity", "replace server"]


@pytest.mark.recovery("another ISO file was uploaded under the same name")
def test_another_file_under_the_same_name_leads_to_a_new_image(
    stack: Stack, lab: RunningLab, cloud: CloudView, put: Put, messages: list[str]
) -> None:
    stack.up()
    put(OTHER)
    stack.done.clear()
    lab.clear_journal()

    stack.up()

    assert NEW_BUILD == created(stack.done)[:4]
    assert sha256(OTHER) == booted(lab)
    assert (2, 0, 0) == cloud.everything()
    assert len(OTHER) == stack["iso"]["source_details"]["size_bytes"]
    old, new = (hashlib.md5(content, usedforsecurity=False).hexdigest() for content in (FIRST, OTHER))
    change = f"lab-images:installer.iso changed: {len(OTHER)} bytes, etag {new}; was {len(FIRST)} bytes, etag {old}"
    assert f"{change}; a new image will be built" in messages
    assert f"{change}; it will be imported again" in messages


def rebuild(stack: Stack) -> None:
    stack.settings = {"rebuild": "again"}


def refresh(stack: Stack) -> None:
    stack.refresh()


def replace(name: str) -> Callable[[Stack], None]:
    def act(stack: Stack) -> None:
        stack.condemned.append(stack.state.pop(name))

    act.__name__ = f"replace {name}"
    return act


@pytest.mark.parametrize("act", [rebuild, refresh, *map(replace, ("import", "iso", "identity", "server", "image"))])
def test_whatever_leads_to_the_next_build_it_boots_the_present_file(
    stack: Stack, lab: RunningLab, cloud: CloudView, put: Put, act: Callable[[Stack], None]
) -> None:
    stack.up()
    put(OTHER)
    lab.clear_journal()

    act(stack)
    stack.up()

    assert sha256(OTHER) == booted(lab)
    assert (2, 0, 0) == cloud.everything()
    stack.destroy()
    assert (0, 0, 0) == cloud.everything()


@pytest.mark.parametrize("name", ["iso", "server", "identity"])
def test_a_forced_replacement_without_a_change_boots_the_same_file(
    stack: Stack, lab: RunningLab, cloud: CloudView, name: str
) -> None:
    stack.up()
    new_process()

    replace(name)(stack)
    stack.up()

    assert sha256(FIRST) == booted(lab)
    assert (2, 0, 0) == cloud.everything()


def test_an_interrupted_build_of_the_former_file_is_abandoned(
    stack: Stack, lab: RunningLab, cloud: CloudView, put: Put
) -> None:
    lab.change_settings(quotas={"servers": 1})
    lab.fault("status", service="ims", method="POST", path="/action$", nth=2, status=400, code="IMG.0005")
    with pytest.raises(CloudError, match=r"IMG\.0005"):
        stack.up()
    lab.call("DELETE", "/faults")
    put(OTHER)
    lab.clear_journal()

    stack.up()

    assert procedure(lab).index("delete server") < procedure(lab).index("server")
    assert sha256(OTHER) == booted(lab)
    assert (2, 0, 0) == cloud.everything()


def test_a_file_that_changes_before_its_import_is_not_imported(
    stack: Stack, lab: RunningLab, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure = image_creation.ensure_image

    def change_first(*args: Any) -> image_spec.OwnedImage:
        put(OTHER)
        return ensure(*args)

    monkeypatch.setattr(iso_source, "FRESH_S", 0.0)
    monkeypatch.setattr(image_creation, "ensure_image", change_first)

    with pytest.raises(CloudError, match=r"changed: .*; was .*nothing was imported"):
        stack.up()

    assert [] == procedure(lab)


def test_after_a_failed_build_of_another_file_the_former_file_leads_back_to_its_image(
    stack: Stack, lab: RunningLab, cloud: CloudView, put: Put
) -> None:
    finished = stack.up()["image"].id
    put(OTHER)
    lab.fault("status", service="ims", method="POST", path="/action$", nth=2, status=400, code="IMG.0005")
    with pytest.raises(CloudError, match=r"IMG\.0005"):
        stack.up()
    lab.call("DELETE", "/faults")
    put(FIRST)
    lab.clear_journal()

    stack.up()

    assert "server" not in procedure(lab)
    assert [finished] == [image["id"] for image in cloud.images("FusionCompute")]
    assert (2, 0, 0) == cloud.everything()


def test_settings_that_go_back_do_not_lead_to_the_image_of_another_file(
    stack: Stack, lab: RunningLab, put: Put
) -> None:
    stack.up()
    lab.fault("status", service="ims", method="POST", path="/action$", nth=1, status=400, code="IMG.0005")
    stack.settings = {"rebuild": "again"}
    with pytest.raises(CloudError, match=r"IMG\.0005"):
        stack.up()
    lab.call("DELETE", "/faults")
    put(OTHER)
    stack.settings = {}

    stack.up()

    assert sha256(OTHER) == booted(lab)


@pytest.mark.recovery("an ISO file was changed while it was imported")
def test_an_image_of_a_file_that_changes_during_its_import_is_deleted(
    stack: Stack, lab: RunningLab, cloud: CloudView, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = Ims.create_image_from_iso

    def change_first(*args: Any) -> str:
        put(OTHER)
        return submit(*args)

    with monkeypatch.context() as patched:
        patched.setattr(Ims, "create_image_from_iso", change_first)
        with pytest.raises(CloudError, match=r"changed: .*; was .*its image is deleted"):
            stack.up()
    assert ["ISO image", "delete image"] == procedure(lab)
    assert (0, 0, 0) == cloud.everything()

    new_process()
    stack.up()

    assert sha256(OTHER) == booted(lab)


def test_while_an_earlier_build_is_chosen_a_changed_file_builds_nothing(
    stack: Stack, lab: RunningLab, cloud: CloudView, put: Put
) -> None:
    stack.settings = {"keep_images": 1}
    first = stack.up()["identity"].id
    stack.settings = {"keep_images": 1, "rebuild": "again"}
    stack.up()
    stack.settings = {"keep_images": 1, "rebuild": "again", "use_build": first}
    stack.up()
    put(OTHER)
    lab.clear_journal()

    stack.up()

    assert first == stack["identity"].id
    assert "server" not in procedure(lab)
