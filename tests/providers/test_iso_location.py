"""Locations of ISO files, <bucket>:<object>; any other form is refused with the right one."""

import pytest

from config.iso_file.iso_location import check_location

SECRETS = ("s3cr3t", "Signature", "AKIA")
SIGNED = "?AWSAccessKeyId=AKIA1&Expires=1&Signature=s3cr3t"


@pytest.mark.parametrize(
    "location",
    [
        "images:debian-12.iso",
        "my.images:folder/Debian-12.5.0+nonfree~1.ISO",
        "images:a/b/c/d.iso",
        "images:ubuntu..iso",
        "images:.hidden/.iso",
        "images:中文.iso",
        "images:100%.iso",
        "images:a:b.iso",
        "images:" + "x" * 1020 + ".iso",
    ],
)
def test_a_location_is_taken_as_it_is(location):
    assert location == check_location(location)


@pytest.mark.parametrize(
    ("url", "write"),
    [
        ("https://my-images.obs.cn-north-4.myhuaweicloud.com/debian.iso", "my-images:debian.iso"),
        ("HTTPS://my-images.obs.cn-north-4.myhuaweicloud.com/debian.iso", "my-images:debian.iso"),
        ("http://my-images.obs.eu-west-101.myhuaweicloud.eu:443/a/b.iso", "my-images:a/b.iso"),
        ("https://my.images.obs.cn-north-4.myhuaweicloud.com/debian.iso", "my.images:debian.iso"),
        ("https://obs.cn-north-4.myhuaweicloud.com/my-images/a/debian.iso", "my-images:a/debian.iso"),
        ("my-images.obs.cn-north-4.myhuaweicloud.com/debian.iso", "my-images:debian.iso"),
        ("//my-images.obs.cn-north-4.myhuaweicloud.com/debian.iso", "my-images:debian.iso"),
        ("obs://images/debian.iso", "images:debian.iso"),
        ("s3://images/folder/debian.iso", "images:folder/debian.iso"),
        ("S3A://images/debian.iso", "images:debian.iso"),
        ("https://images.obs.cn-north-4.myhuaweicloud.com/debian%2B1.iso", "images:debian+1.iso"),
        (f"https://images.obs.cn-north-4.myhuaweicloud.com/debian.iso{SIGNED}", "images:debian.iso (a signature is"),
        (f"https://AKIA1:s3cr3t@images.obs.cn-north-4.myhuaweicloud.com/x.iso{SIGNED}", "images:x.iso"),
        ("images/debian.iso", "images:debian.iso"),
    ],
)
def test_a_url_of_the_store_is_refused_with_the_form_to_write(url, write):
    with pytest.raises(ValueError, match="must be <bucket>:<object>") as refused:
        check_location(url)

    assert f"write {write}" in str(refused.value)
    assert not any(secret in str(refused.value) for secret in SECRETS)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/debian.iso",
        "https://user:s3cr3t@example.com/debian.iso?token=s3cr3t",
        "https://cdimage.debian.org/debian-cd/current/amd64/iso-cd/debian.iso",
        "file:///home/me/debian.iso",
        "ftp://mirror/debian.iso",
        "gs://images/debian.iso",
        "https://",
        "http://[::1/x.iso",
        "https://images.obs.cn-north-4.myhuaweicloud.com/",
        "https://images.obs.cn-north-4.myhuaweicloud.com/a%20b.iso",
        "obs:///x.iso",
        "obs://images",
        f"images:debian.iso{SIGNED}",
        "debian.iso",
        "/home/me/debian.iso",
        "~/debian.iso",
        "C:\\isos\\debian.iso",
        "",
        ":",
        ":x.iso",
        "images:",
    ],
)
def test_what_is_no_location_is_refused_without_showing_it(url):
    with pytest.raises(ValueError, match=r"must be <bucket>:<object>|must be an ISO file") as refused:
        check_location(url)

    assert not any(secret in str(refused.value) for secret in SECRETS)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("../installer.iso", "'.' or '..'"),
        ("./installer.iso", "'.' or '..'"),
        ("a/../../installer.iso", "'.' or '..'"),
        ("a/./installer.iso", "'.' or '..'"),
        ("/installer.iso", "begin with '/'"),
        ("//installer.iso", "begin with '/'"),
        ("a//installer.iso", "'//'"),
        ("a\x00.iso", "control characters"),
        ("a\x1b[31m.iso", "control characters"),
        ("a\x7f.iso", "control characters"),
        ("a\x9b.iso", "control characters"),
        ("a\u202eb.iso", "control characters"),
        ("a\udcffb.iso", "control characters"),
        ("a\tb.iso", "spaces"),
        ("a\nb.iso", "spaces"),
        ("a b.iso", "spaces"),
        ("a\u00a0b.iso", "spaces"),
        ("a%20b.iso", "percent-encoded"),
        ("%2e%2e/x.iso", "percent-encoded"),
        ("x" * 1021 + ".iso", "1024 bytes"),
        ("中" * 341 + ".iso", "1024 bytes"),
        ("x.qcow2", "ends in .iso"),
        ("x.iso/", "ends in .iso"),
    ],
)
def test_a_key_that_names_no_object_is_refused(key, words):
    with pytest.raises(ValueError, match=r".") as refused:
        check_location(f"lab-images:{key}")

    assert words in str(refused.value)


@pytest.mark.parametrize(
    "bucket", ["a..b", "a.-b", "a-.b", "192.168.1.1", "-ab", "ab-", "ab", "a" * 64, "Images", "a_b"]
)
def test_a_bucket_has_a_valid_name(bucket):
    with pytest.raises(ValueError, match="bucket"):
        check_location(f"{bucket}:x.iso")
