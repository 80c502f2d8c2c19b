"""Upload of an ISO file: once for each content, continued after a crash, deleted by its own stack only."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from config.iso_file.iso_upload import upload_location
from huaweicloud.errors import CloudError
from huaweicloud.obs_uploads import MAX_PARTS
from providers.iso_file import part_upload
from providers.iso_object import IsoObjectProvider
from providers.runtime import clients
from tests.isos import iso
from tests.labs import RunningLab
from tests.procedure.engine import Resource, as_engine, check
from tests.providers.crashing import crash_at, new_process
from tests.providers.iso_uploads import sha256
from tests.providers.stack import Operation, working_on

BUCKET = "isos-of-tests"
CONTENT = iso("UPLOAD", size=1024 * 1024) + b"end"
PART = 128 * 1024
URN = "urn:pulumi:dev::images::pulumi-python:dynamic/huaweicloud:IsoObject::debian"


@pytest.fixture
def file(lab: RunningLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return an ISO file of nine parts, whose bucket is emptied after the test."""
    monkeypatch.setattr("providers.iso_file.part_upload.PART_BYTES", PART)
    path = tmp_path / "debian.iso"
    path.write_bytes(CONTENT)
    clients.cloud("lab-1").obs_uploads.create_bucket(BUCKET, "lab-1")
    lab.clear_journal()
    yield path
    store = clients.cloud("lab-1")
    for content in (CONTENT, CONTENT[:-1]):
        name = (BUCKET, upload_location(BUCKET, sha256(content)).partition(":")[2])
        for upload_id in store.obs_uploads.find(*name):
            store.obs_uploads.abort(*name, upload_id)
        store.obs_uploads.delete_object(*name)


def inputs(path: Path | str, content: bytes = CONTENT, **changes: Any) -> dict[str, Any]:
    digest = sha256(content)
    location = upload_location(changes.pop("bucket", BUCKET), digest)
    return {"region": "lab-1", "source": str(path), "image_url": location, "sha256": digest, **changes}


def create(path: Path | str, urn: str = URN, **changes: Any) -> Resource:
    return working_on(Operation(urn), partial(Resource.create, IsoObjectProvider(), inputs(path, **changes)))


def delete(resource: Resource, urn: str = URN) -> None:
    working_on(Operation(urn), resource.delete)


def refused(path: Path | str, **changes: Any) -> str:
    """Return the reasons for which inputs are refused at preview."""
    result = IsoObjectProvider().check({}, as_engine(inputs(path, **changes)))
    return "; ".join(f"{failure.property}: {failure.reason}" for failure in result.failures)


def content_of(resource: Resource) -> bytes | None:
    bucket, _, key = resource.id.partition(":")
    store = clients.cloud("lab-1").obs
    return store.read_range(bucket, key, 0, len(CONTENT) + 1) if store.head_object(bucket, key) else None


def sent_parts(lab: RunningLab) -> list[int]:
    """Return the numbers of the parts that the store has accepted, in order."""
    accepted = [entry for entry in lab.journal(service="obs") if entry["method"] == "PUT" and entry["status"] == 200]
    found = [re.search(r"partNumber=(\d+)", str(entry)) for entry in accepted]
    return sorted(int(match.group(1)) for match in found if match)


def test_a_file_is_uploaded_in_parts_and_deleted(lab: RunningLab, file: Path) -> None:
    created = create(file)

    assert f"{BUCKET}:iso/{sha256(CONTENT)}.iso" == created.id
    assert CONTENT == content_of(created)
    assert list(range(1, 10)) == sent_parts(lab)
    assert len(CONTENT) == created["size_bytes"]
    assert created.refresh() is None
    delete(created)
    assert content_of(created) is None
    assert "is gone" == created.refresh()


@pytest.mark.parametrize("gib", [1, 5, 49, 128])
def test_the_parts_under_way_are_bounded_whatever_the_size_is(gib: int) -> None:
    size = part_upload.part_bytes(gib << 30)

    assert -(-(gib << 30) // size) <= MAX_PARTS
    assert size <= part_upload.IN_FLIGHT_BYTES


def test_equal_content_is_not_uploaded_again(lab: RunningLab, file: Path, messages: list[str]) -> None:
    first = create(file)
    lab.clear_journal()
    new_process()
    file.unlink()

    again = create(file)

    assert [] == sent_parts(lab)
    assert first.id == again.id
    assert f"{first.id} is in the object store already; nothing was uploaded" in messages


@pytest.mark.recovery("an upload of an ISO file was interrupted")
@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("number", [1, 5, 9])
def test_an_upload_continues_after_a_crash(
    lab: RunningLab, file: Path, number: int, phase: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.iso_file.part_upload.AT_ONCE", 1)
    made: list[Resource] = []
    with crash_at(number, phase, "PUT"):
        made.append(create(file))
    assert [] == made
    first = sent_parts(lab)
    lab.clear_journal()

    created = create(file)

    assert CONTENT == content_of(created)
    assert sorted([*first, *sent_parts(lab)]) == list(range(1, 10))


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("phase", ["before", "after"])
def test_no_second_upload_follows_a_crash_at_its_start_or_its_end(
    lab: RunningLab, file: Path, number: int, phase: Any
) -> None:
    with crash_at(number, phase, "POST"):
        create(file)

    created = create(file)

    assert CONTENT == content_of(created)
    assert list(range(1, 10)) == sent_parts(lab)
    assert [] == clients.cloud("lab-1").obs_uploads.find(*created.id.split(":", 1))


def test_a_lost_response_to_the_last_request_is_no_failure(lab: RunningLab, file: Path) -> None:
    with crash_at(2, "after", "POST", "reset"):
        created = create(file)

    assert CONTENT == content_of(created)


@pytest.mark.recovery("`… has the SHA-256 digest …, but … was expected; it was changed after the preview …`")
def test_a_file_that_changes_after_the_preview_is_not_kept(lab: RunningLab, file: Path) -> None:
    checked = check(IsoObjectProvider(), {}, inputs(file))
    file.write_bytes(CONTENT[:-3] + b"END")

    with pytest.raises(CloudError, match=r"debian\.iso has the SHA-256 digest \w+, but .* nothing was kept"):
        IsoObjectProvider().create(as_engine(checked))

    key = checked["image_url"].partition(":")[2]
    assert clients.cloud("lab-1").obs.head_object(BUCKET, key) is None
    assert [] == clients.cloud("lab-1").obs_uploads.find(BUCKET, key)


def test_another_stack_does_not_delete_the_upload(file: Path, messages: list[str]) -> None:
    first, other = create(file), create(file, URN.replace("dev", "prod"))

    delete(other, URN.replace("dev", "prod"))

    assert CONTENT == content_of(first)
    assert f"{first.id} is kept, because another stack has uploaded it" in messages


def test_an_upload_is_kept_on_request(lab: RunningLab, file: Path) -> None:
    created = create(file)
    lab.clear_journal()
    created.inputs = check(created.provider, created.inputs, inputs(file, keep_iso_object=True))

    assert created.provider.diff(created.id, as_engine(created.outputs), as_engine(created.inputs)).changes
    created.update()
    delete(created)

    assert CONTENT == content_of(created)
    assert [] == [entry for entry in lab.journal(service="obs") if entry["method"] not in ("GET", "HEAD")]


def test_a_moved_file_is_no_change_and_another_content_is_another_object(file: Path) -> None:
    created = create(file)

    def diff(**changes: Any) -> Any:
        new = as_engine({**created.inputs, **changes})
        return created.provider.diff(created.id, as_engine(created.outputs), new)

    assert not diff(source="/elsewhere/debian.iso").changes
    assert ["image_url", "sha256"] == diff(**inputs(file, CONTENT[:-1])).replaces


@pytest.mark.recovery("`iso_bucket names bucket '…', which does not exist; create it …`")
def test_a_bucket_is_created_on_request(lab: RunningLab, file: Path) -> None:
    bucket = "isos-on-request"
    assert "image_url: iso_bucket names bucket 'isos-on-request', which does not exist; create it" in refused(
        file, bucket=bucket
    )

    created = create(file, bucket=bucket, create_iso_bucket=True)

    assert CONTENT == content_of(created)
    delete(created)


def test_problems_are_found_before_the_upload(lab: RunningLab, file: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.iso").touch()

    assert f"source: iso has the SHA-256 digest {sha256(CONTENT)}, but" in refused(file, content=CONTENT[:-1])
    assert "source: iso does not exist on this machine; correct the path" == refused(tmp_path / "none.iso")
    assert "source: iso is empty (0 bytes); correct the path" == refused(tmp_path / "empty.iso")
    assert "source: iso is not a regular file; correct the path" == refused(tmp_path)
    assert [] == [entry for entry in lab.journal(service="obs") if entry["method"] not in ("GET", "HEAD")]


@pytest.mark.recovery("`… exists, but is not an upload of this program; nothing was uploaded`")
def test_an_object_of_another_program_is_neither_used_nor_overwritten(file: Path) -> None:
    cloud, key = clients.cloud("lab-1"), inputs(file)["image_url"].partition(":")[2]
    cloud.obs.send("PUT", BUCKET, key, "put a foreign object", body=b"foreign")
    new_process()

    assert "is not an upload of this program; delete or rename the object" in refused(file)
    with pytest.raises(CloudError, match="is not an upload of this program; nothing was uploaded"):
        IsoObjectProvider().create(as_engine(inputs(file)))
    assert b"foreign" == cloud.obs.read_range(BUCKET, key, 0, 10)


def test_an_upload_in_another_storage_class_is_refused(file: Path) -> None:
    cloud, key = clients.cloud("lab-1"), inputs(file)["image_url"].partition(":")[2]
    headers = {"x-obs-storage-class": "COLD", "x-obs-meta-sha256": sha256(CONTENT)}
    cloud.obs.send("PUT", BUCKET, key, "put a cold object", body=CONTENT, headers=headers)
    new_process()

    assert "is uploaded, but has storage class COLD, and the image service reads Standard only" in refused(file)


def test_no_secret_is_in_the_state_or_the_metadata(lab: RunningLab, file: Path) -> None:
    created = create(file)

    shown = str(created.outputs) + str(clients.cloud("lab-1").obs.head_object(*created.id.split(":", 1)))
    for name in ("HW_SECRET_KEY", "HW_USER_PASSWORD", "HW_ACCESS_KEY"):
        assert lab.env[name] not in shown
