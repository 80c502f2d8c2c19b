"""Verification of the digest that `iso_sha256` pins."""

from typing import Any

import pytest

from huaweicloud.errors import CloudError
from providers.iso_image import IsoImageInputs
from tests.e2e.cloud import procedure
from tests.labs import RunningLab
from tests.procedure.engine import as_engine
from tests.providers.crashing import new_process
from tests.providers.iso_uploads import FIRST, OTHER, Put, sha256
from tests.providers.stack import Stack


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
    """Return the reasons for which changed inputs of the ISO image are refused at preview."""
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
