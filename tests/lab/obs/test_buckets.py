"""Buckets, with boto3."""

import pytest
from botocore.handlers import validate_bucket_name

from lab.obs import SecretKey
from tests.lab.obs.conftest import RunningStore, error_code


def test_a_bucket_is_made_shown_and_deleted(s3):
    s3.create_bucket(Bucket="second", CreateBucketConfiguration={"LocationConstraint": "lab-1"})

    assert ["images", "second"] == [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert "lab-1" == s3.head_bucket(Bucket="second")["BucketRegion"]
    assert "lab-1" == s3.get_bucket_location(Bucket="second")["LocationConstraint"]

    s3.delete_bucket(Bucket="second")

    assert "404" == error_code(s3.head_bucket, Bucket="second")


def test_making_the_same_bucket_again_is_no_error(s3):
    s3.put_object(Bucket="images", Key="kept", Body=b"kept")

    s3.create_bucket(Bucket="images")

    assert 4 == s3.head_object(Bucket="images", Key="kept")["ContentLength"]


def test_a_bucket_with_an_object_or_an_upload_is_not_deleted(s3):
    s3.put_object(Bucket="images", Key="one", Body=b"")
    assert "BucketNotEmpty" == error_code(s3.delete_bucket, Bucket="images")

    s3.delete_object(Bucket="images", Key="one")
    upload = s3.create_multipart_upload(Bucket="images", Key="one")["UploadId"]
    assert "BucketNotEmpty" == error_code(s3.delete_bucket, Bucket="images")

    s3.abort_multipart_upload(Bucket="images", Key="one", UploadId=upload)
    s3.delete_bucket(Bucket="images")


def test_what_is_not_there_is_named(s3):
    assert "NoSuchBucket" == error_code(s3.list_objects_v2, Bucket="absent")
    assert "NoSuchBucket" == error_code(s3.delete_bucket, Bucket="absent")
    assert "NoSuchBucket" == error_code(s3.put_object, Bucket="absent", Key="key", Body=b"x")
    assert "NoSuchKey" == error_code(s3.get_object, Bucket="images", Key="absent")
    assert "404" == error_code(s3.head_object, Bucket="images", Key="absent")


def test_a_bucket_elsewhere_is_refused(s3):
    elsewhere = {"LocationConstraint": "eu-west-1"}

    assert "InvalidLocationConstraint" == error_code(
        s3.create_bucket, Bucket="second", CreateBucketConfiguration=elsewhere
    )


@pytest.mark.parametrize("name", ["Upper", "a.-b", "a..b", "192.168.5.4", "ends-", "x" * 63 + "y", "under_score"])
def test_an_invalid_bucket_name_is_refused(store: RunningStore, name: str):
    client = store.s3(s3={"addressing_style": "path"})
    client.meta.events.unregister("before-parameter-build.s3", validate_bucket_name)

    assert "InvalidBucketName" == error_code(client.create_bucket, Bucket=name)


def test_other_accounts_buckets_are_out_of_reach(store: RunningStore, s3):
    store.keys["AKOTHER"] = SecretKey("other", owner_id="1" * 32)
    other = store.s3("AKOTHER", "other")
    s3.put_object(Bucket="images", Key="one", Body=b"1")

    assert [] == other.list_buckets()["Buckets"]
    assert "BucketAlreadyExists" == error_code(other.create_bucket, Bucket="images")
    assert "AccessDenied" == error_code(other.get_object, Bucket="images", Key="one")
    assert "AccessDenied" == error_code(other.list_objects_v2, Bucket="images")
    other.create_bucket(Bucket="others")
    assert "AccessDenied" == error_code(
        other.copy_object, Bucket="others", Key="stolen", CopySource={"Bucket": "images", "Key": "one"}
    )


def test_an_account_has_at_most_a_hundred_buckets(store: RunningStore, s3):
    for number in range(99):
        s3.create_bucket(Bucket=f"bucket-{number}")

    assert "TooManyBuckets" == error_code(s3.create_bucket, Bucket="one-more")


def test_what_the_store_does_not_do_is_refused(s3):
    assert "ServiceNotImplemented" == error_code(s3.get_bucket_acl, Bucket="images")
    assert "ServiceNotImplemented" == error_code(
        s3.put_bucket_versioning, Bucket="images", VersioningConfiguration={"Status": "Enabled"}
    )
    assert "NoSuchVersion" == error_code(s3.get_object, Bucket="images", Key="key", VersionId="3")
