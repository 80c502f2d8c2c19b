"""Malformed requests to the object store, sent as raw bytes on a socket."""

import hashlib
import socket
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
import requests
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lab.obs.conftest import ACCESS_KEY, REGION, SECRET, RunningStore


def signed(store: RunningStore, method: str, path: str, body: bytes = b"", **headers: str) -> dict[str, str]:
    digest = hashlib.sha256(body).hexdigest()
    request = AWSRequest(
        method, f"{store.endpoint}{path}", headers={**headers, "X-Amz-Content-SHA256": digest}, data=body
    )
    S3SigV4Auth(Credentials(ACCESS_KEY, SECRET), "s3", REGION).add_auth(request)
    return dict(request.headers)


def exchange(store: RunningStore, data: bytes, hang_up: bool = False) -> bytes:
    """Send bytes, and read until the store has responded and closed the connection; or close it first."""
    with socket.create_connection(("127.0.0.1", store.port), timeout=10) as connection:
        connection.sendall(data)
        if hang_up:
            connection.shutdown(socket.SHUT_WR)
        response = b""
        while piece := connection.recv(65536):
            response += piece
        return response


def send(
    store: RunningStore, method: str, path: str, headers: dict[str, str], body: bytes = b"", hang_up: bool = False
) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{store.port}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return exchange(store, "\r\n".join([*lines, "", ""]).encode("latin-1") + body, hang_up)


def post_document(store: RunningStore, path: str, body: bytes) -> requests.Response:
    headers = signed(store, "POST", path, body, **{"x-amz-checksum-crc32c": "AAAAAA=="})
    return requests.post(f"{store.endpoint}{path}", body, headers=headers, timeout=30)


@pytest.mark.parametrize(
    "path",
    ["/../../etc/passwd", "/images/../../../etc/passwd", "/images/%2e%2e/%2e%2e/x", "//etc/passwd", "/images/%00"],
)
def test_path_tricks_reach_no_file(store: RunningStore, s3, path):
    response = send(store, "GET", path, signed(store, "GET", path))

    assert response.split(b" ")[1] in (b"404", b"403", b"400")
    assert b"root:" not in response


@pytest.mark.parametrize("path", ["/images/%ff%fe", "/%c3%28/key"])
def test_a_name_that_is_not_utf8_is_refused(store: RunningStore, s3, path):
    response = send(store, "GET", path, signed(store, "GET", path))

    assert response.startswith(b"HTTP/1.1 400")
    assert b"<Code>InvalidArgument</Code>" in response


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not xml",
        b"<Delete><Object><Key>a</Key></Delete>",
        b"<Other/>",
        b"<Delete><Object/></Delete>",
        b"<Delete>" + b"<a>" * 100 + b"</a>" * 100 + b"</Delete>",
        b"<Delete>" + b"<a/>" * 60_000 + b"</Delete>",
        b'<!DOCTYPE d [<!ENTITY a "aaaa">]><Delete><Object><Key>&a;</Key></Object></Delete>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE d><Delete/>'.encode("utf-16"),
        b'<?xml version="1.0" encoding="no-such"?><Delete/>',
        b"<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>",
    ],
    ids=["empty", "text", "open", "other", "no key", "deep", "many", "entity", "utf-16", "encoding", "two keys"],
)
def test_a_malformed_document_is_refused(store: RunningStore, s3, body):
    response = post_document(store, "/images?delete=", body)

    assert (400, True) == (response.status_code, "<Code>MalformedXML</Code>" in response.text)


def test_a_document_of_more_than_4_mib_is_refused(store: RunningStore, s3):
    response = post_document(store, "/images?delete=", b" " * (20 << 20))

    assert (400, True) == (response.status_code, "MaxMessageLengthExceeded" in response.text)


@pytest.mark.parametrize(
    "query",
    ["max-keys=-1", "max-keys=ten", "max-keys=1e3", "max-keys=99999999999", "encoding-type=base64", "max-keys=%D9%A3"],
)
def test_a_wrong_parameter_is_refused(store: RunningStore, s3, query):
    path = f"/images?{query}"
    response = requests.get(store.endpoint + path, headers=signed(store, "GET", path), timeout=10)

    assert (400, True) == (response.status_code, "InvalidArgument" in response.text)


@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "TRACE", "BREW"])
def test_a_method_that_nothing_has_is_refused(store: RunningStore, s3, method):
    response = send(store, method, "/images/key", signed(store, method, "/images/key"))

    assert response.startswith(b"HTTP/1.1 405")
    assert b"MethodNotAllowed" in response


@pytest.mark.parametrize(
    "authorization",
    [
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=AKLAB/20250101/lab-1/s3/aws4_request, SignedHeaders=host, Signature=00",
        "AWS4-HMAC-SHA256 Credential=AKLAB, SignedHeaders=host, Signature=" + "0" * 64,
        "AWS4-HMAC-SHA256 " + "Credential=" * 1000,
        "OBS",
        "OBS AKLAB",
        "OBS :",
        "AWS AKLAB:\xff\xfe",
        "Basic YTpi",
    ],
)
@pytest.mark.parametrize("date", [None, "yesterday", "Tue, 99 Foo 2025 99:99:99 GMT", "now"])
def test_a_malformed_authorization_is_refused(store: RunningStore, authorization, date):
    now = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    headers = {"Authorization": authorization, **({"Date": now if date == "now" else date} if date else {})}

    response = send(store, "GET", "/", headers)

    assert response.split(b" ")[1] in (b"400", b"403")


@pytest.mark.parametrize(
    "query",
    [
        "X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "X-Amz-Algorithm=other&X-Amz-Credential=a",
        "AWSAccessKeyId=AKLAB&Expires=soon&Signature=x",
        "AWSAccessKeyId=AKLAB&Expires=99999999999&Signature=x",
        "AWSAccessKeyId=AKLAB&Expires=999999999999999999&Signature=x",
        "AccessKeyId=AKLAB",
    ],
)
def test_a_malformed_presigned_query_is_refused(store: RunningStore, query):
    response = requests.get(f"{store.endpoint}/?{query}", timeout=10)

    assert response.status_code in (400, 403)


def test_a_body_that_ends_early_leaves_nothing(store: RunningStore, s3):
    headers = signed(store, "PUT", "/images/key", b"x" * 100)
    send(store, "PUT", "/images/key", {**headers, "Content-Length": "100"}, b"x" * 50, hang_up=True)

    assert 0 == s3.list_objects_v2(Bucket="images")["KeyCount"]
    assert [] == list((store.root / "incoming").iterdir())


def test_a_body_without_a_length_is_taken_if_it_comes_in_chunks(store: RunningStore, s3):
    headers = signed(store, "PUT", "/images/key", b"content")
    headers.pop("Content-Length", None)

    refused = send(store, "PUT", "/images/key", headers)
    taken = send(store, "PUT", "/images/key", {**headers, "Transfer-Encoding": "chunked"}, b"7\r\ncontent\r\n0\r\n\r\n")

    assert refused.startswith(b"HTTP/1.1 411")
    assert b"MissingContentLength" in refused
    assert taken.startswith(b"HTTP/1.1 200")
    assert b"content" == s3.get_object(Bucket="images", Key="key")["Body"].read()


def test_a_client_that_waits_gets_a_response_and_is_disconnected_at_once(store: RunningStore, s3):
    headers = {"Expect": "100-continue", "Content-Length": "1000000", "Date": "Tue, 01 Jan 2019 00:00:00 GMT"}
    lines = [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection(("127.0.0.1", store.port), timeout=10) as connection:
        connection.sendall("\r\n".join(["PUT /images/key HTTP/1.1", "Host: 127.0.0.1", *lines, "", ""]).encode())
        response = b""
        while piece := connection.recv(65536):
            response += piece

    assert response.startswith(b"HTTP/1.1 403")
    assert b"100 Continue" not in response


def test_a_client_that_stops_sending_is_given_up(store: RunningStore, s3, monkeypatch):
    monkeypatch.setattr("lab.obs.http.request_body.IDLE_SECONDS", 0.2)
    headers = signed(store, "PUT", "/images/key", b"x" * 100)
    lines = [f"{name}: {value}" for name, value in {**headers, "Content-Length": "100"}.items()]
    request = "\r\n".join(["PUT /images/key HTTP/1.1", f"Host: 127.0.0.1:{store.port}", *lines, "", "x"])
    with socket.create_connection(("127.0.0.1", store.port), timeout=10) as connection:
        connection.sendall(request.encode())
        response = b"".join(iter(lambda: connection.recv(65536), b""))

    assert response.startswith(b"HTTP/1.1 408")
    assert b"RequestTimeout" in response


@pytest.mark.parametrize("data", [b"\x00\x01\x02", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\r\n" * 1000])
def test_what_is_not_http_does_no_harm(store: RunningStore, s3, data):
    exchange(store, data, hang_up=True)

    assert 1 == len(s3.list_buckets()["Buckets"])


def test_no_answer_shows_a_secret(store: RunningStore, s3):
    signature = signed(store, "GET", "/images")["Authorization"].replace("Signature=", "Signature=0")

    for authorization in (signature, "OBS AKLAB:x", "OBS other:x"):
        response = send(store, "GET", "/images", {"Authorization": authorization})
        assert SECRET.encode() not in response


WORDS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["", "0", "1", "-1", "null", "url", "2", "true", "x" * 300, "\x00", "\r\nx: y", "/images/key", "*"]
    ),
)
SUBRESOURCES = st.sampled_from(["", "acl", "delete", "location", "uploadId", "uploads", "versions"])
PARAMETERS = """attname continuation-token delimiter encoding-type fetch-owner key-marker list-type marker max-keys
    max-parts max-uploads part-number-marker partNumber prefix response-content-type response-expires start-after
    upload-id-marker versionId"""
HEADERS = """Content-MD5 Content-Type If-Match If-Modified-Since If-None-Match If-Unmodified-Since Range
    x-amz-checksum-crc32 x-amz-copy-source x-amz-copy-source-if-match x-amz-copy-source-range x-amz-meta-a
    x-amz-metadata-directive x-amz-storage-class x-amz-trailer"""
HEADER_VALUES = st.one_of(
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=8),
    st.sampled_from(["bytes=0-0", "bytes=0-,-5", "bytes=-0", "/images/key", "images/key?versionId=3", "REPLACE"]),
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE"]),
    st.sampled_from(["", "images", "images/key", "images/..%2f", "Bad_Bucket", "images/%00"]),
    SUBRESOURCES,
    st.dictionaries(st.sampled_from(PARAMETERS.split()), WORDS, max_size=3),
    st.dictionaries(st.sampled_from(HEADERS.split()), HEADER_VALUES, max_size=3),
    st.sampled_from([b"", b"x", b"<Delete><Object><Key>a</Key></Object></Delete>", b"<CompleteMultipartUpload/>"]),
)
def test_no_signed_request_makes_the_store_stumble(
    store: RunningStore, s3, method, path, subresource, parameters, headers, body
):
    s3.put_object(Bucket="images", Key="key", Body=b"content")
    pairs = [(subresource, "made-up"), *parameters.items()] if subresource else parameters.items()
    path = f"/{path}?" + "&".join(f"{quote(name, '')}={quote(value, '')}" for name, value in pairs)
    sent = signed(store, method, path, body, **headers)
    sent["Content-Length"] = str(len(body))

    response = send(store, method, path, sent, body)

    status = int(response.split(b" ")[1])
    assert status < 500 or (status == 501 and subresource in ("acl", "versions"))
    assert b"SignatureDoesNotMatch" not in response
