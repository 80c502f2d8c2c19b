"""Uploads of ISO files that were given up, and stored ISO files: found by the sweep, and deleted by their id only."""

from datetime import timedelta
from pathlib import Path

import pytest

from commands.state.exported_stack import Recorded
from commands.sweep import known_builds, stored_isos
from commands.sweep.__main__ import main
from huaweicloud.cloud import Cloud
from huaweicloud.errors import CloudError
from huaweicloud.transport import rate_limit
from providers.runtime import clients
from tests.labs import RunningLab
from tests.providers.crashing import crash_at, new_process
from tests.providers.iso_uploads import sha256
from tests.providers.test_iso_object import BUCKET, CONTENT, create, file

__all__ = ["file"]

ID = sha256(CONTENT)[:16]
OVER = timedelta(hours=-1)
"""Idle time that any part is past; the store's clock has whole seconds, so zero is not always past."""


@pytest.fixture
def client(file: Path, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """Return a client of a cloud in which an upload was interrupted after its second part."""
    monkeypatch.setattr("providers.iso_file.part_upload.AT_ONCE", 1)
    with crash_at(2, "after", "PUT"):
        create(file)
    return clients.cloud("lab-1")


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert 0 == main(["--region", "lab-1", *arguments])
    return capsys.readouterr().out


@pytest.mark.recovery("`… it has got a part within the last hour, so a run may still send it`")
def test_an_interrupted_upload_is_listed_and_not_aborted_while_a_run_may_send_it(
    client: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    out = listed(capsys)
    assert f"{BUCKET}:iso/{sha256(CONTENT)}.iso" in out
    assert "sending" in out
    assert "1 upload" in out
    assert "by name only" in out

    assert 1 == main(["--region", "lab-1", ID])

    assert "a run may still send it; run `pulumi up`, which continues it" in capsys.readouterr().err
    assert 1 == len(client.obs_listing.uploads(BUCKET, "iso/"))


@pytest.mark.recovery("an upload of an ISO file was interrupted, and is not wanted any more")
def test_an_upload_without_a_part_for_an_hour_is_aborted_by_its_id_only(
    client: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stored_isos, "IDLE", OVER)
    assert "unfinished" in listed(capsys, "--all")
    assert 1 == len(client.obs_listing.uploads(BUCKET, "iso/"))

    assert "deleted upload" not in listed(capsys, "--dry-run", ID)
    assert 0 == main(["--region", "lab-1", "--bucket", BUCKET, ID])

    assert f"deleted upload iso/{sha256(CONTENT)}.iso" in capsys.readouterr().err
    assert [] == client.obs_listing.uploads(BUCKET, "iso/")


def test_a_stored_iso_file_is_listed_and_deleted_by_its_id_only(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    created = create(file)
    cloud = clients.cloud("lab-1")
    assert "ISO file" in listed(capsys, "--all")
    assert [created.id.partition(":")[2]] == [found.key for found in cloud.obs_listing.objects(BUCKET, "iso/")]

    listed(capsys, ID)

    assert [] == cloud.obs_listing.objects(BUCKET, "iso/")


def test_objects_of_others_are_not_listed(file: Path) -> None:
    cloud = clients.cloud("lab-1")
    for key in ("iso/debian.iso", f"iso/{sha256(CONTENT)}.iso"):
        cloud.obs.send("PUT", BUCKET, key, "put a foreign object", body=b"foreign")
    try:
        assert [] == stored_isos.find(cloud, [BUCKET])
    finally:
        cloud.obs_uploads.delete_object(BUCKET, "iso/debian.iso")


def test_a_bucket_that_does_not_exist_is_refused_if_it_was_named(
    lab: RunningLab, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 2 == main(["--region", "lab-1", "--bucket", "no-such-bucket"])
    assert "no-such-bucket" in capsys.readouterr().err


def test_a_store_that_cannot_be_listed_is_reported_beside_the_other_leftovers(
    lab: RunningLab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.fault("status", service="obs", status=403, times=10)

    assert 0 == main(["--region", "lab-1"])

    shown = capsys.readouterr()
    assert "no leftovers of this tool in this project" in shown.out
    assert "sweep: uploads of ISO files are not listed: " in shown.err


def test_long_lists_are_read_page_by_page(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "FULL_RATE_PER_S", 1e6)  # the store is on this machine
    new_process()
    cloud = clients.cloud("lab-1")
    keys = [f"iso/{number:04}.iso" for number in range(1001)]
    upload = cloud.obs_uploads.start(BUCKET, keys[0], {})
    for key in keys:
        cloud.obs.send("PUT", BUCKET, key, "put an object", body=b"")
    try:
        assert keys == [found.key for found in cloud.obs_listing.objects(BUCKET, "iso/")]
        assert [upload] == [found.id for found in cloud.obs_listing.uploads(BUCKET, "iso/")]
    finally:
        cloud.obs_uploads.abort(BUCKET, keys[0], upload)
        for key in keys:
            cloud.obs_uploads.delete_object(BUCKET, key)


def test_an_upload_of_a_stack_is_known() -> None:
    location = f"{BUCKET}:iso/{sha256(CONTENT)}.iso"
    recorded = Recorded("IsoObject", "debian", "prod", location, {}, is_replaced=False)

    assert {ID: "prod/debian"} == known_builds.builds([recorded])


def test_an_upload_that_gets_a_part_meanwhile_is_not_aborted(client: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_isos, "IDLE", OVER)
    (leftover,) = stored_isos.find(client, [BUCKET])
    monkeypatch.setattr(stored_isos, "IDLE", timedelta(hours=1))

    with pytest.raises(CloudError, match="within the last hour"):
        leftover.delete()
