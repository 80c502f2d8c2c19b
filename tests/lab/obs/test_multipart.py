"""Multipart uploads, with boto3."""

import random
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig

from lab.obs import ObjectStore
from tests.lab.obs.conftest import RunningStore, error_code, md5

MIB = 1 << 20
CONTENT = random.Random(1).randbytes(12 * MIB)


def test_a_file_is_uploaded_in_parts_and_read_in_ranges(s3, tmp_path):
    source, target = tmp_path / "source.iso", tmp_path / "target.iso"
    source.write_bytes(CONTENT)
    parts = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)

    s3.upload_file(str(source), "images", "image.iso", Config=parts, ExtraArgs={"Metadata": {"build": "42"}})
    s3.download_file("images", "image.iso", str(target), Config=parts)

    digests = b"".join(md5(CONTENT[at : at + 5 * MIB]).digest() for at in range(0, len(CONTENT), 5 * MIB))
    shown = s3.head_object(Bucket="images", Key="image.iso")
    assert target.read_bytes() == CONTENT
    assert shown["ETag"] == f'"{md5(digests).hexdigest()}-3"'
    assert {"build": "42"} == shown["Metadata"]


def test_parts_may_come_in_any_order_and_again(s3, store: RunningStore):
    upload = {"Bucket": "images", "Key": "image.iso"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    pieces = {3: CONTENT[2 * MIB :], 1: CONTENT[:MIB], 2: CONTENT[MIB : 2 * MIB]}
    s3.upload_part(**upload, PartNumber=2, Body=b"first try")
    etags = {number: s3.upload_part(**upload, PartNumber=number, Body=body)["ETag"] for number, body in pieces.items()}

    assert "NoSuchKey" == error_code(s3.get_object, Bucket="images", Key="image.iso")
    listed = s3.list_parts(**upload, MaxParts=2)
    assert [1, 2] == [part["PartNumber"] for part in listed["Parts"]]
    assert (True, 2) == (listed["IsTruncated"], listed["NextPartNumberMarker"])
    rest = s3.list_parts(**upload, PartNumberMarker=2)
    assert [(3, len(pieces[3]))] == [(part["PartNumber"], part["Size"]) for part in rest["Parts"]]

    chosen = [{"PartNumber": number, "ETag": etags[number]} for number in (1, 2, 3)]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": chosen})

    assert s3.get_object(Bucket="images", Key="image.iso")["Body"].read() == CONTENT
    assert "NoSuchUpload" == error_code(s3.list_parts, **upload)
    assert 1 == len(list((store.root / "blobs").glob("*/*")))


def test_an_aborted_upload_leaves_nothing(s3, store: RunningStore):
    upload = {"Bucket": "images", "Key": "image.iso"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    s3.upload_part(**upload, PartNumber=1, Body=b"x" * MIB)

    s3.abort_multipart_upload(**upload)

    assert "NoSuchUpload" == error_code(s3.upload_part, **upload, PartNumber=2, Body=b"x")
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="images")
    assert [] == list((store.root / "blobs").glob("*/*"))


def test_parts_that_do_not_fit_are_refused(s3):
    upload = {"Bucket": "images", "Key": "image.iso"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    small = {"PartNumber": 1, "ETag": s3.upload_part(**upload, PartNumber=1, Body=b"small")["ETag"]}
    last = {"PartNumber": 2, "ETag": s3.upload_part(**upload, PartNumber=2, Body=b"last")["ETag"]}

    def complete(*parts: dict[str, Any]) -> str:
        return error_code(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": list(parts)})

    assert "EntityTooSmall" == complete(small, last)
    assert "InvalidPartOrder" == complete(last, small)
    assert "InvalidPart" == complete(last, {"PartNumber": 3, "ETag": "x"})
    assert "InvalidPart" == complete({**last, "ETag": '"other"'})
    assert "MalformedXML" == complete()
    assert "InvalidArgument" == error_code(s3.upload_part, **upload, PartNumber=10_001, Body=b"")
    assert "InvalidArgument" == error_code(s3.upload_part, **upload, PartNumber=0, Body=b"")


def test_parts_are_copied_from_an_object(s3):
    s3.put_object(Bucket="images", Key="source", Body=CONTENT)
    upload = {"Bucket": "images", "Key": "image.iso"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    chosen = []
    for number, part in ((1, f"bytes={6 * MIB}-{12 * MIB - 1}"), (2, f"bytes=0-{6 * MIB - 1}")):
        copied = s3.upload_part_copy(**upload, PartNumber=number, CopySource="images/source", CopySourceRange=part)
        chosen.append({"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]})

    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": chosen})

    assert s3.get_object(Bucket="images", Key="image.iso")["Body"].read() == CONTENT[6 * MIB :] + CONTENT[: 6 * MIB]


@pytest.mark.parametrize("key", ["other", "image.iso"])
def test_an_upload_belongs_to_its_key(s3, key):
    s3.create_multipart_upload(Bucket="images", Key="image.iso")

    assert "NoSuchUpload" == error_code(
        s3.upload_part, Bucket="images", Key=key, UploadId="made-up", PartNumber=1, Body=b"x"
    )


def test_an_upload_continues_after_a_restart(tmp_path, listener):
    with RunningStore(tmp_path / "objects", listener) as first:
        s3 = first.s3()
        s3.create_bucket(Bucket="images")
        upload = {"Bucket": "images", "Key": "image.iso"}
        upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
        one = s3.upload_part(**upload, PartNumber=1, Body=CONTENT[:MIB])["ETag"]
    with RunningStore(tmp_path / "objects", listener) as second:
        s3 = second.s3()
        two = s3.upload_part(**upload, PartNumber=2, Body=CONTENT[MIB:])["ETag"]
        chosen = [{"PartNumber": 1, "ETag": one}, {"PartNumber": 2, "ETag": two}]
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": chosen})
    store = ObjectStore(tmp_path / "objects")
    path = store.path("images", "image.iso")
    store.close()

    assert path
    assert path.read_bytes() == CONTENT
