"""The official OBS SDK, unmodified, with each of its three signatures."""

import socket
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from lab.obs import SecretKey
from tests.lab.obs.conftest import ACCESS_KEY, REGION, SECRET, RunningStore

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its strings have escapes that Python deprecates
    import obs  # type: ignore[import-untyped]

pytestmark = pytest.mark.filterwarnings(
    "ignore:datetime.datetime.utc:DeprecationWarning", "ignore:.*unclosed:ResourceWarning"
)

CONTENT = bytes(range(256)) * 2048


@pytest.fixture(autouse=True)
def _buckets_have_addresses(monkeypatch):
    """Resolve names below `localhost` to this machine, whatever the resolver does."""
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest, **more: resolve("127.0.0.1" if str(host).endswith("localhost") else host, *rest, **more),
    )


@pytest.fixture(params=["obs", "v2", "v4"])
def sdk(request, store: RunningStore) -> Iterator[obs.ObsClient]:
    """Return a client; OBS signatures have the bucket in the host name, the other two in the path."""
    client = _client(store, request.param)
    _ok(client.createBucket("images", location=REGION))
    yield client
    client.close()


def _client(store: RunningStore, signature: str, secret: str = SECRET, **more) -> obs.ObsClient:
    host = "localhost" if signature == "obs" else "127.0.0.1"
    return obs.ObsClient(
        access_key_id=more.pop("access_key", ACCESS_KEY),
        secret_access_key=secret,
        server=f"http://{host}:{store.port}",
        signature=signature,
        region=REGION,
        max_retry_count=0,
        **more,
    )


def _ok(result: Any) -> Any:
    assert result.status < 300, (result.status, result.errorCode, result.errorMessage)
    return result.body


def test_the_signature_is_the_one_that_is_meant(sdk, store: RunningStore, request):
    signature = request.node.callspec.params["sdk"]

    assert {"obs": True, "v2": False, "v4": False}[signature] is sdk.is_signature_negotiation
    assert ["images"] == [bucket.name for bucket in _ok(sdk.listBuckets()).buckets]
    wrong = _client(store, signature, "other")
    assert "SignatureDoesNotMatch" == wrong.listBuckets().errorCode
    assert "SignatureDoesNotMatch" == wrong.putContent("images", "key", "x").errorCode
    wrong.close()


def test_buckets(sdk):
    metadata = _ok(sdk.getBucketMetadata("images"))
    assert ("STANDARD", REGION) == (metadata.storageClass, metadata.location)
    assert 404 == sdk.listObjects("absent").status
    _ok(sdk.deleteBucket("images"))
    assert 404 == sdk.headBucket("images").status


@pytest.mark.parametrize("key", ["image.iso", "a b/ü+~(1)!'*.iso", "../x%2f?y#z&a=b"])
def test_an_object_comes_back_as_it_was_put(sdk, key):
    _ok(sdk.putContent("images", key, CONTENT, metadata={"build": "42"}))

    got = sdk.getObject("images", key, loadStreamInMemory=True)

    assert CONTENT == _ok(got).buffer
    assert "42" == dict(got.header)["build"]
    part = sdk.getObject("images", key, headers=obs.GetObjectHeader(range="2-9"), loadStreamInMemory=True)
    assert CONTENT[2:10] == _ok(part).buffer
    assert len(CONTENT) == _ok(sdk.getObjectMetadata("images", key)).contentLength
    assert [key] == [entry.key for entry in _ok(sdk.listObjects("images", encoding_type="url")).contents]
    _ok(sdk.deleteObject("images", key))
    assert 404 == sdk.getObjectMetadata("images", key).status


def test_a_file_is_uploaded_in_parts(sdk, tmp_path):
    source, target = tmp_path / "source.iso", tmp_path / "target.iso"
    source.write_bytes(CONTENT)

    _ok(sdk.uploadFile("images", "image.iso", str(source), partSize=100 * 1024, taskNum=2))
    _ok(sdk.downloadFile("images", "image.iso", str(target), partSize=200 * 1024, taskNum=2))

    assert CONTENT == target.read_bytes()


def test_multipart_uploads_are_listed_completed_and_aborted(sdk):
    upload = _ok(sdk.initiateMultipartUpload("images", "image.iso")).uploadId
    parts = [CONTENT[:200_000], CONTENT[200_000:]]
    etags = [_ok(sdk.uploadPart("images", "image.iso", n, upload, part)).etag for n, part in enumerate(parts, 1)]
    copied = _ok(sdk.initiateMultipartUpload("images", "other")).uploadId

    listed = _ok(sdk.listParts("images", "image.iso", upload))
    assert [(1, 200_000), (2, len(CONTENT) - 200_000)] == [(part.partNumber, part.size) for part in listed.parts]
    assert {upload, copied} == {entry.uploadId for entry in _ok(sdk.listMultipartUploads("images")).upload}

    chosen = [obs.CompletePart(partNum=number, etag=etag) for number, etag in enumerate(etags, 1)]
    _ok(sdk.completeMultipartUpload("images", "image.iso", upload, obs.CompleteMultipartUploadRequest(parts=chosen)))
    _ok(sdk.copyPart("images", "other", 1, copied, "images/image.iso", copySourceRange="0-99"))
    _ok(sdk.abortMultipartUpload("images", "other", copied))

    assert CONTENT == _ok(sdk.getObject("images", "image.iso", loadStreamInMemory=True)).buffer


def test_listing_copying_and_deleting_many(sdk):
    for key in ("iso/1", "iso/2", "z"):
        _ok(sdk.putContent("images", key, "x"))
    _ok(sdk.copyObject("images", "iso/1", "images", "iso/ä"))

    grouped = _ok(sdk.listObjects("images", delimiter="/"))
    assert (["iso/"], ["z"]) == ([p.prefix for p in grouped.commonPrefixs], [entry.key for entry in grouped.contents])
    first = _ok(sdk.listObjects("images", prefix="iso/", max_keys=2))
    assert (True, "iso/2") == (first.is_truncated, first.next_marker)
    rest = _ok(sdk.listObjects("images", prefix="iso/", marker=first.next_marker))
    assert ["iso/ä"] == [entry.key for entry in rest.contents]

    order = obs.DeleteObjectsRequest(quiet=False, objects=[obs.Object(key="iso/1"), obs.Object(key="iso/ä")])
    assert ["iso/1", "iso/ä"] == [entry.key for entry in _ok(sdk.deleteObjects("images", order)).deleted]
    assert ["iso/2", "z"] == [entry.key for entry in _ok(sdk.listObjects("images")).contents]


def test_places_and_storage_classes_are_shown_in_the_words_of_obs(store: RunningStore):
    client = _client(store, "obs")
    _ok(client.createBucket("images", obs.CreateBucketHeader(storageClass="WARM"), location=REGION))
    _ok(client.putContent("images", "warm", "x"))
    _ok(client.putContent("images", "standard", "x", headers=obs.PutObjectHeader(storageClass="STANDARD")))

    assert "WARM" == _ok(client.getBucketMetadata("images")).storageClass
    assert "WARM" == _ok(client.getObjectMetadata("images", "warm")).storageClass
    assert ["STANDARD", "WARM"] == [entry.storageClass for entry in _ok(client.listObjects("images")).contents]
    assert REGION == _ok(client.getBucketLocation("images")).location
    client.close()


def test_signed_addresses_and_temporary_keys(sdk, store: RunningStore, request):
    store.keys["AKTEMP"] = SecretKey("temporary", security_token="to/ken+=")
    signature = request.node.callspec.params["sdk"]
    client = _client(store, signature, "temporary", access_key="AKTEMP", security_token="to/ken+=")
    _ok(client.putContent("images", "a b", CONTENT))

    signed = client.createSignedUrl("GET", "images", "a b", expires=60)

    response = requests.get(signed.signedUrl, headers=signed.actualSignedRequestHeaders, timeout=10)
    assert CONTENT == response.content
    without_token = _client(store, signature, "temporary", access_key="AKTEMP")
    assert "InvalidAccessKeyId" == without_token.listBuckets().errorCode
    for other in (client, without_token):
        other.close()


def test_errors_carry_the_request_id(sdk):
    result = sdk.getObject("images", "absent")

    assert ("NoSuchKey", 404) == (result.errorCode, result.status)
    assert 32 == len(result.requestId)
