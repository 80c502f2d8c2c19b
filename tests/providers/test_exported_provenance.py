"""Statement of provenance next to an export of an image."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from config.iso_file.iso_location import IsoObject
from providers.image_export import ImageExportProvider
from providers.images import exported_object
from providers.runtime import clients
from tests.labs import RunningLab
from tests.procedure.engine import Resource
from tests.providers.crashing import crash_at, new_process
from tests.providers.stack import Stack

LOCATION = "lab-images:exports/debian-{build_id}.qcow2"
Export = Callable[[], Resource]


def stored(stack: Stack, end: str = "") -> bytes | None:
    """Return the content of an export's object, or of the one with its statement; None if there is none."""
    bucket, key = exported_object.target(LOCATION, stack["identity"].id)
    store = clients.cloud(stack.env["HW_REGION_NAME"]).obs
    found = store.head_object(bucket, f"{key}{end}")
    return None if found is None else store.read_range(bucket, f"{key}{end}", 0, found.size_bytes)


@pytest.fixture
def exported(stack: Stack) -> Export:
    """Return a function that exports the image of a stack with its statement."""
    stack.up()
    image = stack["image"]
    inputs = {"region": image["region"], "build_id": image["build_id"], "image_id": image.id, "format": "qcow2"}
    inputs |= {"location": LOCATION, "provenance": image["provenance"]}
    return lambda: Resource.create(ImageExportProvider(), inputs)


def test_the_statement_is_next_to_the_export_and_goes_with_it(stack: Stack, exported: Export) -> None:
    export = exported()

    content = stored(stack, exported_object.STATEMENT)
    assert stack["image"]["provenance"].encode() == content
    assert hashlib.md5(content or b"", usedforsecurity=False).hexdigest() == export["statement_etag"]
    export.delete()
    assert [None, None] == [stored(stack), stored(stack, exported_object.STATEMENT)]


def test_a_statement_that_was_replaced_is_kept(stack: Stack, exported: Export, messages: list[str]) -> None:
    export = exported()
    target = exported_object.statement_of(IsoObject.parse(export.id))
    clients.cloud(stack.env["HW_REGION_NAME"]).obs_uploads.put_object(*target, b"another")

    export.delete()

    assert [None, b"another"] == [stored(stack), stored(stack, exported_object.STATEMENT)]
    assert any("is kept, because it is not this export any more" in message for message in messages)


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("phase", ["before", "after"])
def test_an_interrupted_export_is_finished_with_the_same_bytes(
    stack: Stack, lab: RunningLab, exported: Export, method: str, phase: Any
) -> None:
    with crash_at(1, phase, method):
        exported()
    lab.wait_for_jobs()

    export = exported()

    assert stack["image"]["provenance"].encode() == stored(stack, exported_object.STATEMENT)
    export.delete()
    assert [None, None] == [stored(stack), stored(stack, exported_object.STATEMENT)]


def test_the_end_of_a_build_deletes_the_statement_of_an_export_that_no_state_records(
    stack: Stack, exported: Export
) -> None:
    exported()
    new_process()

    exported_object.collect(clients.cloud(stack.env["HW_REGION_NAME"]), [LOCATION], stack["identity"].id)

    assert [None, None] == [stored(stack), stored(stack, exported_object.STATEMENT)]


def test_an_image_without_a_statement_is_exported_alone(stack: Stack, exported: Export) -> None:
    image = stack["image"]
    inputs = {"region": image["region"], "build_id": image["build_id"], "image_id": image.id, "format": "qcow2"}

    export = Resource.create(ImageExportProvider(), {**inputs, "location": LOCATION})

    assert stored(stack) is not None
    assert stored(stack, exported_object.STATEMENT) is None
    assert "statement_etag" not in export.outputs
    export.delete()
