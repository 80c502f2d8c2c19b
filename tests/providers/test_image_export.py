"""Exports of an image to a bucket, each to an object of its own."""

from typing import Any

import pytest

from huaweicloud.errors import CloudError
from tests.e2e.cloud import CloudView
from tests.labs import RunningLab
from tests.providers.crashing import crash_at, new_process
from tests.providers.stack import Stack

LOCATION = "lab-images:golden-{build_id}.qcow2"


def exported(stack: Stack, *, location: str = LOCATION, kind: str = "qcow2", **settings: Any) -> Stack:
    """Configure the export of a stack for the next run, which is a process of its own."""
    new_process()
    stack.export, stack.settings = {"location": location, "format": kind}, {**stack.settings, **settings}
    return stack


def key(stack: Stack) -> str:
    return f"golden-{stack['identity'].id}.qcow2"


def stored(lab: RunningLab, name: str) -> Any:
    return lab.call("GET", f"/objects/lab-images/{name}")


def requested(lab: RunningLab) -> int:
    return lab.operations().count("export_image")


def test_an_image_is_exported_to_an_object_with_the_id_of_its_build(stack: Stack, lab: RunningLab) -> None:
    exported(stack).up()

    found = stored(lab, key(stack))
    assert found["size_bytes"] == stack["export"]["size_bytes"] > 0
    assert f"lab-images:{key(stack)}" == stack["export"].id == stack["export"]["exported"]
    assert [] == stack.repaired()


@pytest.mark.parametrize(
    ("kind", "sent"),
    [("zvhd2", {"is_quick_export": True}), ("vhd", {"file_format": "vhd"}), ("vmdk", {"file_format": "vmdk"})],
)
def test_each_format_is_requested_as_it_is_documented(stack: Stack, lab: RunningLab, kind: str, sent: Any) -> None:
    import json

    exported(stack, kind=kind).up()

    (request,) = [entry for entry in lab.journal() if entry["operation"] == "export_image"]
    assert {"bucket_url": f"lab-images:{key(stack)}", **sent} == json.loads(request["request"])


def test_a_new_image_is_exported_before_the_old_object_is_deleted(stack: Stack, lab: RunningLab) -> None:
    exported(stack).up()
    old = key(stack)

    exported(stack, rebuild="2").up()

    assert stored(lab, old) is None
    assert stored(lab, key(stack))
    assert stack.done.index("replace export") < stack.done.index("delete export")


def test_another_format_of_the_same_object_is_exported_again(stack: Stack, lab: RunningLab) -> None:
    exported(stack).up()

    exported(stack, kind="vhd").up()

    assert stored(lab, key(stack))["etag"] == stack["export"]["etag"]
    assert 2 == requested(lab)


@pytest.mark.recovery("`… was replaced outside; it is not the export of image …`")
def test_destroy_deletes_the_object_but_not_what_has_replaced_it(
    stack: Stack, lab: RunningLab, tmp_path: Any, messages: list[str]
) -> None:
    exported(stack).up()
    name = key(stack)
    exported(stack, rebuild="2").up()
    assert stored(lab, name) is None
    name = key(stack)
    (tmp_path / "other").write_bytes(b"other")
    lab.put(tmp_path / "other", f"lab-images/{name}")

    new_process()
    stack.refresh()
    assert any("was replaced outside; it is not the export of image" in message for message in messages)
    stack.destroy()

    assert len(b"other") == stored(lab, name)["size_bytes"]


def test_an_object_that_was_deleted_outside_is_exported_again(stack: Stack, lab: RunningLab) -> None:
    from providers.runtime import clients

    exported(stack).up()
    clients.cloud("lab-1").obs_uploads.delete_object("lab-images", key(stack))
    new_process()

    assert ["create export"] == stack.repaired()
    assert stored(lab, key(stack))


def test_an_object_is_kept_if_the_image_is_retained(stack: Stack, lab: RunningLab) -> None:
    exported(stack, retain_image=True).up()
    name = key(stack)

    new_process()
    stack.destroy()

    assert stored(lab, name)


def test_an_export_that_fails_leaves_nothing_and_is_repeated(stack: Stack, lab: RunningLab) -> None:
    lab.job_fault("export_image", "ExportImageTask", "IMG.0061")

    with pytest.raises(CloudError, match="made to fail"):
        exported(stack).up()

    assert stored(lab, key(stack)) is None
    exported(stack).up()
    assert stored(lab, key(stack))


@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_killed_run_requests_no_second_export(stack: Stack, lab: RunningLab, phase: Any) -> None:
    stack.up()
    exported(stack)
    with crash_at(1, phase, "POST"):
        stack.up()

    stack.up()

    assert stored(lab, key(stack))
    accepted = [e for e in lab.journal() if e["operation"] == "export_image" and e["status"] == 200]
    assert 1 == len(accepted)
    assert [] == stack.repaired()


@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_killed_run_leaves_no_object_after_destroy(stack: Stack, lab: RunningLab, phase: Any) -> None:
    stack.up()
    exported(stack)
    with crash_at(1, phase, "POST"):
        stack.up()
    name = key(stack)

    stack.destroy()

    lab.wait_for_jobs()
    assert stored(lab, name) is None
    assert (0, 0, 0) == CloudView(lab.env).everything()


@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_killed_deletion_is_repeated(stack: Stack, lab: RunningLab, phase: Any) -> None:
    exported(stack).up()
    old = key(stack)
    exported(stack, rebuild="2")
    with crash_at(1, phase, "DELETE"):
        stack.up()

    stack.up()

    assert stored(lab, old) is None
    assert stored(lab, key(stack))


@pytest.mark.parametrize("interruption", ["reset", "500"])
@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_lost_response_leads_to_no_second_object(
    stack: Stack, lab: RunningLab, phase: Any, interruption: Any
) -> None:
    stack.up()
    exported(stack)
    with crash_at(1, phase, "POST", interruption):
        stack.up()

    assert stored(lab, key(stack))
    accepted = [e for e in lab.journal() if e["operation"] == "export_image" and e["status"] == 200]
    assert 1 == len(accepted)
