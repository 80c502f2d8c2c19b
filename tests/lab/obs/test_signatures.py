"""Authorization in the object store: signatures by boto3, right and wrong."""

import io
from datetime import timedelta

import pytest
import requests
from botocore.auth import HmacV1Auth, S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.client import Config
from botocore.credentials import Credentials
from botocore.httpchecksum import AwsChunkedWrapper, Crc32Checksum

from lab.obs import SecretKey
from tests.lab.obs.conftest import ACCESS_KEY, REGION, SECRET, RunningStore, error_code

CREDENTIALS = Credentials(ACCESS_KEY, SECRET)


def test_a_wrong_secret_and_an_unknown_key_are_distinguished(store: RunningStore):
    assert "SignatureDoesNotMatch" == error_code(store.s3(secret="other").list_buckets)
    assert "InvalidAccessKeyId" == error_code(store.s3(access_key="AKOTHER").list_buckets)


@pytest.mark.parametrize("offset", [timedelta(minutes=16), timedelta(minutes=-16)])
def test_a_skewed_clock_is_refused(store: RunningStore, s3, offset):
    store.clock_offset = offset

    assert "RequestTimeTooSkewed" == error_code(s3.list_buckets)


def test_a_small_skew_is_no_fault(store: RunningStore, s3):
    store.clock_offset = timedelta(minutes=14)

    assert 1 == len(s3.list_buckets()["Buckets"])


def test_temporary_keys_need_their_token(store: RunningStore):
    store.keys["AKTEMP"] = SecretKey("temporary", security_token="token")

    assert [] == store.s3("AKTEMP", "temporary", "token").list_buckets()["Buckets"]
    assert "InvalidAccessKeyId" == error_code(store.s3("AKTEMP", "temporary").list_buckets)
    assert "InvalidAccessKeyId" == error_code(store.s3("AKTEMP", "temporary", "forged").list_buckets)
    assert "InvalidAccessKeyId" == error_code(store.s3(token="not mine").list_buckets)
    del store.keys["AKTEMP"]
    assert "InvalidAccessKeyId" == error_code(store.s3("AKTEMP", "temporary", "token").list_buckets)


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_a_presigned_address_works_until_it_expires(store: RunningStore, s3, version):
    s3.put_object(Bucket="images", Key="a b+c", Body=b"content")
    client = store.s3(signature_version=version)
    get = client.generate_presigned_url("get_object", {"Bucket": "images", "Key": "a b+c"}, ExpiresIn=60)
    put = client.generate_presigned_url("put_object", {"Bucket": "images", "Key": "new"}, ExpiresIn=60)

    assert b"content" == requests.get(get, timeout=10).content
    assert 200 == requests.put(put, b"written", timeout=10).status_code
    assert b"written" == s3.get_object(Bucket="images", Key="new")["Body"].read()

    assert "SignatureDoesNotMatch" in requests.get(get.replace("a%20b", "other"), timeout=10).text
    assert "SignatureDoesNotMatch" in requests.put(get, b"x", timeout=10).text
    assert 403 == requests.get(get.split("?")[0], timeout=10).status_code
    store.clock_offset = timedelta(minutes=2)
    expired = requests.get(get, timeout=10)
    assert (403, True) == (expired.status_code, "Request has expired" in expired.text)


def test_a_presigned_address_of_temporary_keys_carries_the_token(store: RunningStore, s3):
    s3.put_object(Bucket="images", Key="key", Body=b"content")
    store.keys["AKTEMP"] = SecretKey("temporary", security_token="to/ken+=")

    for version in ("s3v4", "s3"):
        client = store.s3("AKTEMP", "temporary", "to/ken+=", signature_version=version)
        address = client.generate_presigned_url("get_object", {"Bucket": "images", "Key": "key"})
        assert b"content" == requests.get(address, timeout=10).content
        assert "InvalidAccessKeyId" in requests.get(address.replace("ken", "men"), timeout=10).text


def test_version_two_signatures_of_headers_are_verified(store: RunningStore, s3):
    client = store.s3(signature_version="s3")

    client.put_object(Bucket="images", Key="a b/ü", Body=b"content", Metadata={"build": "42"})
    assert {"build": "42"} == client.head_object(Bucket="images", Key="a b/ü")["Metadata"]
    assert REGION == client.get_bucket_location(Bucket="images")["LocationConstraint"]
    assert "SignatureDoesNotMatch" == error_code(store.s3(secret="other", signature_version="s3").list_buckets)
    assert "InvalidAccessKeyId" == error_code(store.s3("AKOTHER", signature_version="s3").list_buckets)
    store.clock_offset = timedelta(hours=1)
    assert "RequestTimeTooSkewed" == error_code(client.list_buckets)


def test_a_body_other_than_the_signed_one_is_refused(store: RunningStore, s3):
    def exchange(request, **_):
        request.body = b"forged!"

    client = store.s3(request_checksum_calculation="when_required")
    client.meta.events.register("before-send.s3.PutObject", exchange)

    assert "XAmzContentSHA256Mismatch" == error_code(client.put_object, Bucket="images", Key="key", Body=b"content")
    assert "404" == error_code(s3.head_object, Bucket="images", Key="key")


def test_a_request_cannot_be_changed_after_it_was_signed(store: RunningStore, s3):
    s3.put_object(Bucket="images", Key="key", Body=b"content")
    for changed in ("images/other", "images/key?uploads"):
        request = AWSRequest("GET", f"{store.endpoint}/images/key")
        S3SigV4Auth(CREDENTIALS, "s3", REGION).add_auth(request)
        response = requests.get(f"{store.endpoint}/{changed}", headers=dict(request.headers), timeout=10)
        assert "SignatureDoesNotMatch" in response.text
    response = requests.get(
        f"{store.endpoint}/images/key", headers={**request.headers, "x-amz-meta-a": "b"}, timeout=10
    )
    assert (403, True) == (response.status_code, "x-amz-meta-a" in response.text)


def test_without_a_signature_nothing_is_done(store: RunningStore, s3):
    for method in ("GET", "PUT", "DELETE", "POST", "HEAD"):
        for path in ("", "images", "images/key"):
            assert 403 == requests.request(method, f"{store.endpoint}/{path}", timeout=10).status_code
    response = requests.get(store.endpoint, headers={"Authorization": "Bearer abc"}, timeout=10)
    assert (400, True) == (response.status_code, "Unsupported Authorization Type" in response.text)


def test_a_bucket_can_be_the_first_part_of_the_host_name(store: RunningStore, s3):
    s3.put_object(Bucket="images", Key="a/b", Body=b"content")

    for signer in (S3SigV4Auth(CREDENTIALS, "s3", REGION), HmacV1Auth(CREDENTIALS)):
        host = f"images.localhost:{store.port}"
        request = AWSRequest("GET", f"http://{host}/a/b", auth_path="/images/a/b", headers={"Host": host})
        signer.add_auth(request)
        response = requests.get(f"{store.endpoint}/a/b", headers=dict(request.headers), timeout=10)
        assert b"content" == response.content


def test_chunks_with_a_trailing_checksum_are_decoded(store: RunningStore, s3):
    content = bytes(300_000)

    assert 200 == _put_chunked(store, content).status_code
    assert content == s3.get_object(Bucket="images", Key="key")["Body"].read()
    assert "BadDigest" in _put_chunked(store, content, replaced=(b"crc32:", b"crc32:A")).text
    assert "IncompleteBody" in _put_chunked(store, content, replaced=(b"\r\n0\r\n", b"\r\n1\r\nx\r\n0\r\n")).text
    assert "InvalidRequest" in _put_chunked(store, content, replaced=(b"\r\n0\r\n", b"\r\n-1\r\n")).text


def _put_chunked(store: RunningStore, content: bytes, replaced: tuple[bytes, bytes] = (b"", b"")) -> requests.Response:
    """Send a body as botocore does to https addresses: unsigned chunks, then its CRC-32."""
    checksum = {"algorithm": "crc32", "in": "trailer", "name": "x-amz-checksum-crc32"}
    headers = {"X-Amz-Trailer": "x-amz-checksum-crc32", "Content-Encoding": "aws-chunked"}
    headers["X-Amz-Decoded-Content-Length"] = str(len(content))
    request = AWSRequest("PUT", f"{store.endpoint}/images/key", headers=headers)
    request.context["client_config"] = Config()
    request.context["checksum"] = {"request_algorithm": checksum}
    S3SigV4Auth(CREDENTIALS, "s3", REGION).add_auth(request)
    body = AwsChunkedWrapper(io.BytesIO(content), Crc32Checksum, "x-amz-checksum-crc32", chunk_size=65536)
    return requests.put(str(request.url), body.read().replace(*replaced), headers=dict(request.headers), timeout=10)
