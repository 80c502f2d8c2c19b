"""Objects, with boto3."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError

from tests.lab.obs.conftest import RunningStore, error_code, md5

CONTENT = bytes(range(256)) * 4


@pytest.fixture
def image(s3):
    """Return a store with an object of 1 KiB, `image.iso`."""
    s3.put_object(Bucket="images", Key="image.iso", Body=CONTENT)
    return s3


def test_an_object_comes_back_as_it_was_put(s3):
    put = s3.put_object(
        Bucket="images",
        Key="image.iso",
        Body=CONTENT,
        ContentType="application/x-iso9660-image",
        CacheControl="no-store",
        Metadata={"build": "42"},
    )

    got = s3.get_object(Bucket="images", Key="image.iso")

    assert got["Body"].read() == CONTENT
    assert put["ETag"] == got["ETag"] == f'"{md5(CONTENT).hexdigest()}"'
    assert ("application/x-iso9660-image", "no-store") == (got["ContentType"], got["CacheControl"])
    assert {"build": "42"} == got["Metadata"]
    assert s3.head_object(Bucket="images", Key="image.iso")["ContentLength"] == len(CONTENT)
    assert "StorageClass" not in got


def test_an_object_that_is_put_again_is_replaced(image, store: RunningStore):
    image.put_object(Bucket="images", Key="image.iso", Body=b"")

    assert b"" == image.get_object(Bucket="images", Key="image.iso")["Body"].read()
    assert 1 == len(list((store.root / "blobs").glob("*/*")))


def test_a_deleted_object_is_gone_and_deleting_it_again_is_no_error(image, store: RunningStore):
    image.delete_object(Bucket="images", Key="image.iso")
    image.delete_object(Bucket="images", Key="image.iso")

    assert "NoSuchKey" == error_code(image.get_object, Bucket="images", Key="image.iso")
    assert [] == list((store.root / "blobs").glob("*/*"))


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [("bytes=0-4", 0, 4), ("bytes=1000-", 1000, 1023), ("bytes=-24", 1000, 1023), ("bytes=1020-5000", 1020, 1023)],
)
def test_a_range_is_read(image, header, first, last):
    got = image.get_object(Bucket="images", Key="image.iso", Range=header)

    assert got["Body"].read() == CONTENT[first : last + 1]
    assert got["ContentRange"] == f"bytes {first}-{last}/1024"
    assert 206 == got["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("header", ["bytes=9-3", "lines=1-2", "bytes=a-b", "bytes=-"])
def test_a_range_of_another_form_is_ignored(image, header):
    got = image.get_object(Bucket="images", Key="image.iso", Range=header)

    assert got["Body"].read() == CONTENT


def test_a_range_beyond_the_end_is_refused(image):
    assert "InvalidRange" == error_code(image.get_object, Bucket="images", Key="image.iso", Range="bytes=1024-")


def test_several_ranges_come_as_one_body_of_parts(image):
    got = image.get_object(Bucket="images", Key="image.iso", Range="bytes=0-1,4-5")

    body = got["Body"].read()
    assert got["ContentType"].startswith("multipart/byteranges; boundary=")
    assert b"Content-Range: bytes 0-1/1024\r\n\r\n" + CONTENT[:2] + b"\r\n" in body
    assert b"Content-Range: bytes 4-5/1024\r\n\r\n" + CONTENT[4:6] + b"\r\n" in body
    assert got["ContentLength"] == len(body)


def test_conditions_decide_whether_an_object_is_sent(image):
    etag = image.head_object(Bucket="images", Key="image.iso")["ETag"]
    past, wanted = datetime.now(UTC) - timedelta(days=1), {"Bucket": "images", "Key": "image.iso"}

    assert image.get_object(**wanted, IfMatch=etag)["Body"].read() == CONTENT
    assert image.get_object(**wanted, IfModifiedSince=past)["Body"].read() == CONTENT
    assert "PreconditionFailed" == error_code(image.get_object, **wanted, IfMatch='"other"')
    assert "PreconditionFailed" == error_code(image.get_object, **wanted, IfUnmodifiedSince=past)
    assert "304" == error_code(image.get_object, **wanted, IfNoneMatch=etag)
    assert "304" == error_code(image.head_object, **wanted, IfModifiedSince=datetime.now(UTC))


def test_headers_are_shown_as_the_query_asks(image):
    got = image.get_object(
        Bucket="images",
        Key="image.iso",
        ResponseContentType="text/plain",
        ResponseContentDisposition="attachment; filename=ü.iso",
    )

    assert got["Body"].read() == CONTENT
    assert "text/plain" == got["ContentType"]
    assert "attachment; filename=ü.iso" == got["ContentDisposition"].encode("latin-1").decode()
    assert "InvalidArgument" == error_code(
        image.get_object, Bucket="images", Key="image.iso", ResponseContentType="text/plain\r\nx-evil: 1"
    )


def test_the_storage_class_is_kept_and_cold_objects_are_not_read(s3):
    s3.put_object(Bucket="images", Key="warm", Body=b"w", StorageClass="STANDARD_IA")
    s3.put_object(Bucket="images", Key="cold", Body=b"c", StorageClass="GLACIER")
    s3.put_object(Bucket="images", Key="standard", Body=b"s")

    assert "STANDARD_IA" == s3.head_object(Bucket="images", Key="warm")["StorageClass"]
    assert "InvalidObjectState" == error_code(s3.get_object, Bucket="images", Key="cold")
    classes = {entry["Key"]: entry["StorageClass"] for entry in s3.list_objects_v2(Bucket="images")["Contents"]}
    assert {"cold": "GLACIER", "standard": "STANDARD", "warm": "STANDARD_IA"} == classes
    assert "InvalidArgument" == error_code(
        s3.put_object, Bucket="images", Key="x", Body=b"", StorageClass="EXPRESS_ONEZONE"
    )


def test_a_copy_takes_the_metadata_along_or_other(image):
    image.put_object(Bucket="images", Key="source ü/1", Body=CONTENT, Metadata={"build": "42"})
    source = {"Bucket": "images", "Key": "source ü/1"}

    image.copy_object(Bucket="images", Key="same", CopySource=source)
    image.copy_object(
        Bucket="images", Key="other", CopySource=source, Metadata={"build": "43"}, MetadataDirective="REPLACE"
    )
    image.delete_object(**source)

    assert {"build": "42"} == image.head_object(Bucket="images", Key="same")["Metadata"]
    assert {"build": "43"} == image.head_object(Bucket="images", Key="other")["Metadata"]
    assert image.get_object(Bucket="images", Key="same")["Body"].read() == CONTENT


def test_a_copy_that_cannot_be_made_is_refused(image):
    target = {"Bucket": "images", "Key": "image.iso"}

    assert "NoSuchKey" == error_code(image.copy_object, **target, CopySource="images/absent")
    assert "InvalidRequest" == error_code(image.copy_object, **target, CopySource="images/image.iso")
    assert "PreconditionFailed" == error_code(
        image.copy_object, **target, CopySource="images/image.iso", CopySourceIfMatch="other"
    )


def test_many_objects_are_deleted_at_once(image):
    order = {"Objects": [{"Key": "image.iso"}, {"Key": "never-there"}]}

    deleted = image.delete_objects(Bucket="images", Delete=order)

    assert ["image.iso", "never-there"] == [entry["Key"] for entry in deleted["Deleted"]]
    assert 0 == image.list_objects_v2(Bucket="images")["KeyCount"]
    assert "Deleted" not in image.delete_objects(Bucket="images", Delete={**order, "Quiet": True})
    too_many = {"Objects": [{"Key": str(number)} for number in range(1001)]}
    assert "MalformedXML" == error_code(image.delete_objects, Bucket="images", Delete=too_many)


def test_a_wrong_digest_is_noticed_and_nothing_is_kept(s3, store: RunningStore):
    wrong = "AAAAAAAAAAAAAAAAAAAAAA=="

    assert "BadDigest" == error_code(s3.put_object, Bucket="images", Key="key", Body=b"x", ContentMD5=wrong)
    assert "BadDigest" == error_code(s3.put_object, Bucket="images", Key="key", Body=b"x", ChecksumCRC32="AAAAAA==")
    assert 0 == s3.list_objects_v2(Bucket="images")["KeyCount"]
    assert [] == list((store.root / "incoming").iterdir())


def test_metadata_of_more_than_8_kib_is_refused(s3):
    metadata = {"a": "x" * 8200}

    assert "MetadataTooLarge" == error_code(s3.put_object, Bucket="images", Key="key", Metadata=metadata)


@pytest.mark.parametrize(
    "key",
    ["../../etc/passwd", "..", ".", "/", "//a//", "%2e%2e/%00", "nul\x00byte", "a?b#c&d=e+f g", "e\u0301", "\u00e9"],
)
def test_any_key_is_only_a_name(s3, store: RunningStore, key):
    s3.put_object(Bucket="images", Key=key, Body=key.encode())

    assert s3.get_object(Bucket="images", Key=key)["Body"].read() == key.encode()
    assert [key] == [entry["Key"] for entry in s3.list_objects_v2(Bucket="images")["Contents"]]
    files = {path.relative_to(store.root).parts[0] for path in store.root.parent.rglob("*") if path.is_file()}
    assert files <= {"blobs", "lock", "objects.sqlite", "objects.sqlite-shm", "objects.sqlite-wal"}


def test_a_key_may_have_1024_bytes_but_not_more(s3):
    s3.put_object(Bucket="images", Key="ü" * 512, Body=b"x")

    assert "KeyTooLongError" == error_code(s3.put_object, Bucket="images", Key="ü" * 512 + "x", Body=b"x")
    assert 1 == s3.list_objects_v2(Bucket="images", Prefix="ü" * 512)["KeyCount"]
    assert quote("ü" * 512) in s3.generate_presigned_url("get_object", {"Bucket": "images", "Key": "ü" * 512})


def test_an_object_that_is_too_large_is_refused_before_it_is_sent(s3, store: RunningStore):
    def claim_more(request, **_):
        request.headers["Content-Length"] = str((5 << 30) + 1)

    s3.meta.events.register("before-sign.s3.PutObject", claim_more)

    with pytest.raises(ClientError, match="EntityTooLarge"):
        s3.put_object(Bucket="images", Key="key", Body=b"x")
