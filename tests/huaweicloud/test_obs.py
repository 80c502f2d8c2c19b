from datetime import UTC, datetime

import pytest

from huaweicloud.auth.credentials import AccessKeyCredentials
from huaweicloud.errors import tree
from huaweicloud.obs import ObjectInfo, _address, _Signer
from huaweicloud.transport.messages import Request
from tests.huaweicloud.conftest import KEY, USER, Connect
from tests.huaweicloud.scripted_server import Received, Reply, ScriptedServer


def test_an_objects_facts_are_read_from_its_headers(connect: Connect, server: ScriptedServer) -> None:
    headers = {
        "Content-Length": "734003200",
        "ETag": '"abc"',
        "x-obs-storage-class": "WARM",
        "Last-Modified": "Tue, 01 Jan 2030 00:00:00 GMT",
    }
    server.reply(Reply(200, b"", headers))

    found = connect(KEY).obs.head_object("isos", "folder/débian 12.iso")

    assert found == ObjectInfo(734003200, "abc", "WARM", datetime(2030, 1, 1, tzinfo=UTC))
    assert server.received[0].target == "/isos/folder/d%C3%A9bian%2012.iso"


NO_KEY = b"<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"


def test_a_missing_object_is_none(connect: Connect, server: ScriptedServer) -> None:
    server.reply(Reply(404, NO_KEY, {"x-obs-request-id": "r1"}))

    assert connect(KEY).obs.head_object("isos", "none.iso") is None
    assert connect(KEY).obs.read_start("isos", "none.iso", 10) is None


def test_a_response_to_head_is_classified_by_its_headers(connect: Connect, server: ScriptedServer) -> None:
    server.reply(Reply(404, b"", {"x-obs-error-code": "NoSuchBucket"}))
    assert connect(KEY).obs.head_object("isos", "none.iso") is None

    server.reply(Reply(403, b"", {"x-obs-error-code": "SignatureDoesNotMatch"}))
    with pytest.raises(tree.AuthenticationFailed, match="SignatureDoesNotMatch"):
        connect(KEY).obs.head_object("isos", "none.iso")


@pytest.mark.parametrize("body", [b"", b"<html><body>404</body></html>", b'{"message": "no route"}'])
def test_a_404_that_is_not_the_stores_own_proves_nothing_about_the_object(
    connect: Connect, server: ScriptedServer, body: bytes
) -> None:
    server.reply(Reply(404, body))
    store = connect(KEY).obs

    for read in (
        lambda: store.head_object("isos", "a.iso"),
        lambda: store.read_start("isos", "a.iso", 10),
        lambda: store.bucket_location("isos"),
    ):
        with pytest.raises(tree.ApiError, match="404") as raised:
            read()
        assert not isinstance(raised.value, tree.NotFound)
        assert "gateway" in raised.value.hint


def test_a_range_is_asked_for_and_read(connect: Connect, server: ScriptedServer) -> None:
    server.reply(Reply(206, b"CD001"))

    assert connect(KEY).obs.read_range("isos", "a.iso", 32769, 5) == b"CD001"
    assert server.received[0].headers["range"] == "bytes=32769-32773"


def test_a_range_beyond_the_end_is_empty(connect: Connect, server: ScriptedServer) -> None:
    server.reply(Reply(416, b"<Error><Code>InvalidRange</Code><Message>m</Message></Error>"))

    assert connect(KEY).obs.read_range("isos", "a.iso", 999, 5) == b""


def test_a_service_that_ignores_the_range_is_noticed(connect: Connect, server: ScriptedServer) -> None:
    server.reply(Reply(200, b"abc"))

    with pytest.raises(tree.InvalidResponse, match="whole object"):
        connect(KEY).obs.read_range("isos", "a.iso", 5, 5)


def test_the_facts_and_the_start_come_in_one_request(connect: Connect, server: ScriptedServer) -> None:
    server.reply(Reply(206, b"0123", {"Content-Range": "bytes 0-3/5000", "ETag": '"e"'}))

    assert connect(KEY).obs.read_start("isos", "a.iso", 4) == (ObjectInfo(5000, "e", "STANDARD", None), b"0123")
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("body", "location"),
    [
        (b'<Location xmlns="http://obs.example.com/doc/2015-06-30/">cn-north-4</Location>', "cn-north-4"),
        (b"<?xml version='1.0'?>\n<LocationConstraint>cn-east-3</LocationConstraint>", "cn-east-3"),
        (b"<CreateBucketConfiguration><Location>cn-north-1</Location></CreateBucketConfiguration>", "cn-north-1"),
        (b"<Location/>", ""),
    ],
)
def test_a_buckets_region_is_read(connect: Connect, server: ScriptedServer, body: bytes, location: str) -> None:
    server.reply(Reply(200, body))

    assert connect(KEY).obs.bucket_location("isos") == location
    assert server.received[0].target == "/isos/?location"


def test_an_error_of_the_store_is_read_from_its_xml(connect: Connect, server: ScriptedServer) -> None:
    body = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message><RequestId>r9</RequestId></Error>"
    server.reply(Reply(403, body, {"X-Request-Id": ""}))

    with pytest.raises(tree.PermissionDenied, match=r"region of bucket isos.*AccessDenied, HTTP 403, request id r9"):
        connect(KEY).obs.bucket_location("isos")


def test_a_password_gets_a_temporary_key_for_the_store(connect: Connect, server: ScriptedServer) -> None:
    def response(received: Received) -> Reply:
        if received.path == "/v3/auth/tokens":
            times = {"issued_at": "2030-01-01T00:00:00Z", "expires_at": "2030-01-02T00:00:00Z"}
            return Reply(201, {"token": times}, {"X-Subject-Token": "tok"})
        if received.path.endswith("securitytokens"):
            key = {"access": "ta", "secret": "ts", "securitytoken": "tt", "expires_at": "2099-01-01T00:00:00Z"}
            return Reply(201, {"credential": key})
        return Reply(200, b"", {"Content-Length": "5"})

    server.respond(response)
    cloud = connect(USER)

    cloud.obs.head_object("isos", "a.iso")
    cloud.obs.head_object("isos", "b.iso")

    assert [received.path for received in server.received] == [
        "/v3/auth/tokens",
        "/v3.0/OS-CREDENTIAL/securitytokens",
        "/isos/a.iso",
        "/isos/b.iso",
    ]
    assert server.received[-1].headers["authorization"].startswith("OBS ta:")
    assert server.received[-1].headers["x-obs-security-token"] == "tt"


class FixedIdentity:
    def object_store_key(self) -> AccessKeyCredentials:
        return AccessKeyCredentials("AK", "SK", "ST")


@pytest.mark.parametrize(
    ("bucket_in_path", "path", "subresource", "resource"),
    [
        (False, "/object.txt", "", "/bucket/object.txt"),
        (True, "/bucket/object.txt", "", "/bucket/object.txt"),
        (False, "/", "location", "/bucket/?location"),
    ],
)
def test_what_is_signed_is_as_documented(bucket_in_path: bool, path: str, subresource: str, resource: str) -> None:
    request = Request(service="obs", method="GET", base_url="https://x", path=path, subresource=subresource)
    signer = _Signer(FixedIdentity(), "bucket", bucket_in_path)  # type: ignore[arg-type]

    text = signer._string_to_sign(request, {"x-obs-security-token": "ST", "x-obs-date": "D", "Range": "bytes=0-1"})

    assert text == f"GET\n\n\n\nx-obs-date:D\nx-obs-security-token:ST\n{resource}"


@pytest.mark.parametrize(
    ("base_url", "bucket", "address"),
    [
        ("https://obs.cn-north-4.myhuaweicloud.com", "isos", ("https://isos.obs.cn-north-4.myhuaweicloud.com", False)),
        ("https://obs.cn-north-4.myhuaweicloud.com", "my.isos", ("https://obs.cn-north-4.myhuaweicloud.com", True)),
        ("http://127.0.0.1:9086", "isos", ("http://127.0.0.1:9086", True)),
        ("http://localhost:9086", "isos", ("http://localhost:9086", True)),
    ],
)
def test_a_bucket_is_part_of_the_host_where_that_can_be(base_url: str, bucket: str, address: tuple[str, bool]) -> None:
    assert _address(base_url, bucket) == address


@pytest.mark.parametrize(
    ("bucket", "key"), [("a/b", "x"), ("", "x"), ("UPPER", "x"), ("isos", "../x"), ("isos", "a/./b")]
)
def test_a_name_that_would_be_another_path_is_refused(
    connect: Connect, server: ScriptedServer, bucket: str, key: str
) -> None:
    with pytest.raises(tree.ConfigurationError):
        connect(KEY).obs.head_object(bucket, key)

    assert server.received == []
