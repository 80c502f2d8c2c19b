"""A build boots the file that was described, whatever becomes of the object behind its name."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from huaweicloud.errors import CloudError
from huaweicloud.ims import Ims
from providers import lookups
from providers.iso_file import iso_source
from providers.iso_image import IsoImageInputs
from providers.lifecycle import image_creation
from providers.runtime import clients, process
from tests.e2e.cloud import CloudView, procedure
from tests.isos import iso
from tests.labs import RunningLab, wait_for
from tests.procedure.engine import as_engine
from tests.providers.crashing import new_process
from tests.providers.stack import Stack

FIRST, OTHER = iso(), iso("OTHER", size=100_000 // 2048 * 2048)
NEW_BUILD = ["replace import", "replace iso", "replace identity", "replace server"]

Put = Callable[[bytes], None]


@pytest.fixture
def put(lab: RunningLab, tmp_path: Path) -> Iterator[Put]:
    """Puts a file under the same name into the object store, as another process finds it."""

    def change(content: bytes) -> None:
        (tmp_path / "installer.iso").write_bytes(content)
        lab.put(tmp_path / "installer.iso", "lab-images/installer.iso")
        new_process()

    yield change
    change(FIRST)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the messages on the rows."""
    lines: list[str] = []
    monkeypatch.setattr(process, "log", lambda message, *_, **__: lines.append(message))
    lookups.forget()
    return lines


def booted(lab: RunningLab) -> str:
    """The SHA-256 of the file that the server which was created last has in its drive."""
    orders = [e for e in lab.journal() if e["operation"] == "create_post_paid_servers"]
    image_id = json.loads(orders[-1]["request"])["server"]["imageRef"]
    (file,) = lab.state.rglob(f"{image_id}.iso")
    return sha256(file.read_bytes())


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def created(done: list[str]) -> list[str]:
    return [step for step in done if not step.startswith("delete")]


@pytest.mark.recovery("another ISO file was uploaded under the same name")
def test_another_file_under_the_same_name_leads_to_a_new_image(
    stack: Stack, lab: RunningLab, cloud: CloudView, put: Put, told: list[str]
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
    assert f"{change}; a new image will be built" in told
    assert f"{change}; it will be imported again" in told


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

    def change_first(*args: Any) -> image_creation.OwnedImage:
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
def test_where_the_file_cannot_be_looked_at_nothing_is_replaced_and_the_run_tells(
    stack: Stack, lab: RunningLab, put: Put, told: list[str]
) -> None:
    stack.up()
    put(OTHER)
    lab.fault("status", service="obs", method="HEAD", status=403, code="AccessDenied")
    stack.done.clear()
    content = stack["identity"]["content"]

    stack.up()
    lab.call("DELETE", "/faults")

    assert ([], content) == (stack.done, stack["identity"]["content"])
    assert 1 == sum("could not check if lab-images:installer.iso has changed" in line for line in told)
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
    stack: Stack, put: Put, told: list[str]
) -> None:
    stack.up()
    for name in ("import", "iso", "identity"):
        for props in (stack[name].inputs, stack[name].outputs):
            del props["content"]
    wait_for(lambda: int(time.time()) > stack_time(stack), "the next second")
    put(OTHER)

    stack.up()

    assert 1 == sum("was imported before lab-images:installer.iso was last uploaded" in line for line in told)


def stack_time(stack: Stack) -> int:
    """When the ISO image was created, in seconds of the service."""
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


def test_the_pinned_digest_is_verified_in_parts_before_anything_is_made(
    stack: Stack, lab: RunningLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.iso_file.sha256_digest.CHUNK_BYTES", 20_000)
    stack.settings = {"iso_sha256": sha256(FIRST).upper()}

    stack.up()

    reads = [e for e in lab.journal(service="obs") if e["method"] == "GET" and e["status"] == 206]
    assert len(reads) >= -(-len(FIRST) // 20_000)
    assert sha256(FIRST) == stack["iso"]["sha256"]
    new_process()
    stack.done.clear()
    lab.clear_journal()
    assert [] == stack.up().done
    assert ["HEAD"] == [e["method"] for e in lab.journal(service="obs")]


@pytest.mark.recovery("the ISO file has another digest than `iso_sha256`")
def test_another_digest_than_the_pinned_one_ends_the_run_before_anything_is_made(stack: Stack, lab: RunningLab) -> None:
    stack.settings = {"iso_sha256": sha256(OTHER)}

    with pytest.raises(CloudError, match=f"digest {sha256(FIRST)}, but iso_sha256 is {sha256(OTHER)}; nothing"):
        stack.up()

    assert [] == procedure(lab)
    new_process()
    stack.settings = {"iso_sha256": sha256(FIRST)}
    stack.done.clear()
    assert "replace import" not in stack.up().done


def test_a_digest_that_is_pinned_later_is_verified_without_a_build(stack: Stack, lab: RunningLab) -> None:
    stack.up()
    lab.clear_journal()
    stack.done.clear()
    stack.settings = {"iso_sha256": sha256(OTHER)}
    new_process()

    with pytest.raises(CloudError, match="but iso_sha256 is"):
        stack.up()
    new_process()
    stack.settings = {"iso_sha256": sha256(FIRST)}
    stack.up()

    assert ["update iso"] == stack.done
    assert [] == procedure(lab)


def refused(stack: Stack, **changes: Any) -> str:
    """Why the ISO image's inputs are refused at preview, with changes to them."""
    resource = stack["iso"]
    inputs = {key: value for key, value in {**resource.inputs, **changes}.items() if key in IsoImageInputs.model_fields}
    result = resource.provider.check(as_engine(resource.inputs), as_engine(inputs))
    return "; ".join(f"{failure.property}: {failure.reason}" for failure in result.failures)


def test_a_mismatch_that_is_known_is_refused_at_preview(stack: Stack) -> None:
    stack.settings = {"iso_sha256": sha256(FIRST)}
    stack.up()
    content = stack["iso"]["content"]

    other_pin = refused(stack, iso_sha256=sha256(OTHER))
    other_size = refused(stack, content={**content, "size_bytes": 7, "etag": "x"})

    assert sha256(FIRST) in other_pin
    assert sha256(OTHER) in other_pin
    assert "iso_sha256: lab-images:installer.iso changed: 7 bytes" in other_size
    assert "" == refused(stack)
    assert "" == refused(stack, content={**content, "etag": "another upload, perhaps of the same bytes"})


def test_a_file_that_changes_while_its_digest_is_read_is_not_imported(
    stack: Stack, lab: RunningLab, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.settings = {"iso_sha256": sha256(FIRST)}
    read, reads = "huaweicloud.obs.Obs.read_range", []
    from huaweicloud.obs import Obs

    original = Obs.read_range

    def change_before_the_second(self: Obs, *args: Any, **options: Any) -> bytes:
        reads.append(args)
        if len(reads) == 2:
            put(OTHER)
        return original(self, *args, **options)

    monkeypatch.setattr("providers.iso_file.sha256_digest.CHUNK_BYTES", 20_000)
    monkeypatch.setattr(read, change_before_the_second)

    with pytest.raises(CloudError, match="was changed while it was read"):
        stack.up()
    assert [] == procedure(lab)
