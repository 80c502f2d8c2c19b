"""Uploads in parts to the object store of the lab."""

import hashlib

import pytest

from huaweicloud.auth.credentials import AccessKeyCredentials, Credentials, PasswordCredentials
from huaweicloud.errors import tree
from huaweicloud.obs_uploads import Part
from tests.huaweicloud.against_lab.clients import Region
from tests.labs import RunningLab

CONTENT = bytes(range(256)) * 1000
PART = 128 * 1024


@pytest.fixture(params=["key", "user"])
def credentials(request: pytest.FixtureRequest) -> Credentials:
    found: AccessKeyCredentials | PasswordCredentials = request.getfixturevalue(request.param)
    return found


def test_an_upload_is_found_again_and_completed(region: Region, credentials: Credentials, lab: RunningLab) -> None:
    cloud, key = region(credentials), f"folder/{type(credentials).__name__} ü&.iso"
    uploads, name = cloud.obs_uploads, ("lab-images", key)
    first = uploads.start(*name, {"sha256": "12ab"})
    parts = [CONTENT[:PART], CONTENT[PART:]]
    put = uploads.put_part(*name, first, 1, parts[0], hashlib.md5(parts[0], usedforsecurity=False).digest())

    assert [first] == uploads.find(*name)
    assert {1: put} == uploads.parts(*name, first)
    assert hashlib.md5(parts[0], usedforsecurity=False).hexdigest() == put.etag
    last = uploads.put_part(*name, first, 2, parts[1], hashlib.md5(parts[1], usedforsecurity=False).digest())
    uploads.complete(*name, first, [put, last])

    found = cloud.obs.head_object(*name)
    assert found is not None
    assert (len(CONTENT), "STANDARD", "12ab") == (found.size_bytes, found.storage_class, found.metadata["sha256"])
    assert CONTENT == cloud.obs.read_range(*name, 0, len(CONTENT))
    assert [] == uploads.find(*name)
    uploads.delete_object(*name)
    uploads.delete_object(*name)
    assert cloud.obs.head_object(*name) is None


def test_a_part_that_arrives_damaged_is_refused(region: Region, key: AccessKeyCredentials) -> None:
    uploads = region(key).obs_uploads
    upload_id = uploads.start("lab-images", "damaged.iso", {})

    with pytest.raises(tree.ApiError, match="BadDigest"):
        uploads.put_part("lab-images", "damaged.iso", upload_id, 1, b"content", hashlib.sha256(b"").digest()[:16])

    uploads.abort("lab-images", "damaged.iso", upload_id)
    uploads.abort("lab-images", "damaged.iso", upload_id)
    assert [] == uploads.find("lab-images", "damaged.iso")


def test_a_bucket_is_created_once(region: Region, key: AccessKeyCredentials) -> None:
    cloud = region(key)

    cloud.obs_uploads.create_bucket("of-this-account", "lab-1")
    cloud.obs_uploads.create_bucket("of-this-account", "lab-1")

    assert "lab-1" == cloud.obs.bucket_location("of-this-account")
    assert cloud.obs_uploads.find("of-this-account", "none.iso") == []


def test_all_parts_are_listed_where_they_fill_several_pages(
    region: Region, key: AccessKeyCredentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huaweicloud.obs_uploads.PAGE", 2)
    uploads, name = region(key).obs_uploads, ("lab-images", "many.iso")
    upload_id = uploads.start(*name, {})
    md5 = hashlib.md5(b"x", usedforsecurity=False)
    for number in range(1, 6):
        uploads.put_part(*name, upload_id, number, b"x", md5.digest())

    found = uploads.parts(*name, upload_id)

    assert [Part(number, 1, md5.hexdigest()) for number in range(1, 6)] == list(found.values())
    uploads.abort(*name, upload_id)
