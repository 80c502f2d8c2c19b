"""Listings, with boto3."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.obs.storage.listing import make_page
from tests.lab.obs.conftest import error_code

KEYS = ["a.iso", "iso/alpha/1", "iso/alpha/2", "iso/beta/1", "iso/gamma", "z", "ä", "\U0001f4bf"]


@pytest.fixture
def filled(s3):
    for key in KEYS:
        s3.put_object(Bucket="images", Key=key, Body=b"x")
    return s3


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_pages_of_any_size_show_every_key_once_and_in_order(filled, operation, size):
    pages = filled.get_paginator(operation).paginate(Bucket="images", PaginationConfig={"PageSize": size})

    assert KEYS == [entry["Key"] for page in pages for entry in page.get("Contents", [])]


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
@pytest.mark.parametrize("size", [1, 2, 1000])
def test_a_delimiter_groups_keys_on_pages_of_any_size(filled, operation, size):
    pages = list(
        filled.get_paginator(operation).paginate(
            Bucket="images", Prefix="iso/", Delimiter="/", PaginationConfig={"PageSize": size}
        )
    )

    prefixes = [group["Prefix"] for page in pages for group in page.get("CommonPrefixes", [])]
    assert ["iso/alpha/", "iso/beta/"] == prefixes
    assert ["iso/gamma"] == [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def test_a_listing_starts_after_the_given_key(filled):
    page = filled.list_objects_v2(Bucket="images", StartAfter="iso/gamma", FetchOwner=True)

    assert ["z", "ä", "\U0001f4bf"] == [entry["Key"] for entry in page["Contents"]]
    assert (3, "iso/gamma") == (page["KeyCount"], page["StartAfter"])
    assert "0" * 32 == page["Contents"][0]["Owner"]["ID"]


def test_no_keys_are_no_page_to_come(filled):
    page = filled.list_objects_v2(Bucket="images", MaxKeys=0)

    assert (0, False) == (page["KeyCount"], page["IsTruncated"])


def test_a_key_with_control_characters_is_listed(s3):
    s3.put_object(Bucket="images", Key="line\nbreak\x01 & <b>", Body=b"x")

    assert "line\nbreak\x01 & <b>" == s3.list_objects_v2(Bucket="images")["Contents"][0]["Key"]


def test_a_made_up_token_is_refused(filled):
    assert "InvalidArgument" == error_code(filled.list_objects_v2, Bucket="images", ContinuationToken="nonsense!")


def test_uploads_are_listed_like_objects(s3):
    for key in ["a", "iso/1", "iso/2", "z", "z"]:
        s3.create_multipart_upload(Bucket="images", Key=key)

    pages = list(
        s3.get_paginator("list_multipart_uploads").paginate(
            Bucket="images", Delimiter="/", PaginationConfig={"PageSize": 1}
        )
    )

    assert ["a", "z", "z"] == [upload["Key"] for page in pages for upload in page.get("Uploads", [])]
    assert 3 == len({upload["UploadId"] for page in pages for upload in page.get("Uploads", [])})
    assert ["iso/"] == [group["Prefix"] for page in pages for group in page.get("CommonPrefixes", [])]


@given(st.sets(st.text("ab/", min_size=1, max_size=4)), st.sampled_from(["", "a", "/"]), st.integers(1, 5))
def test_pages_put_together_are_the_whole_listing(keys, prefix, limit):
    matching = sorted(key for key in keys if key.startswith(prefix))
    whole = make_page(matching, str, str, prefix, "/", "", 1000)
    after, contents, groups = "", [], []
    while True:
        rows = [key for key in matching if key > after]
        page = make_page(rows, str, str, prefix, "/", after, limit)
        contents += page.contents
        groups += page.common_prefixes
        after = page.last
        if not page.truncated:
            break

    assert (whole.contents, whole.common_prefixes) == (contents, groups)
