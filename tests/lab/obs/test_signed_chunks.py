"""
Bodies whose every chunk is signed: the two examples that the S3 documents calculate.

"Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks", and "... Including
Trailing Headers".
"""

import asyncio
from datetime import UTC, datetime

import pytest

from lab.obs import ObsError, SecretKey
from lab.obs.http.request_body import receive_body
from lab.obs.http.store_request import ObsRequest
from lab.obs.signatures.signature_v4 import verify_header

KEYS = {"AKIAIOSFODNN7EXAMPLE": SecretKey("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")}
NOW = datetime(2013, 5, 24, tzinfo=UTC)
SCOPE = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"

PLAIN_HEADERS = {
    "host": "s3.amazonaws.com",
    "x-amz-date": "20130524T000000Z",
    "x-amz-storage-class": "REDUCED_REDUNDANCY",
    "authorization": f"AWS4-HMAC-SHA256 Credential={SCOPE},SignedHeaders=content-encoding;content-length;host;"
    "x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class,"
    "Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "content-encoding": "aws-chunked",
    "x-amz-decoded-content-length": "66560",
    "content-length": "66824",
}
PLAIN_BODY = (
    b"10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n"
    + b"a" * 65536
    + b"\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n"
    + b"a" * 1024
    + b"\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"
)
TRAILER_HEADERS = {
    "host": "s3.amazonaws.com",
    "x-amz-date": "20130524T000000Z",
    "x-amz-storage-class": "REDUCED_REDUNDANCY",
    "authorization": f"AWS4-HMAC-SHA256 Credential={SCOPE},SignedHeaders=content-encoding;host;x-amz-content-sha256;"
    "x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer,"
    "Signature=106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    "content-encoding": "aws-chunked",
    "x-amz-decoded-content-length": "66560",
    "x-amz-trailer": "x-amz-checksum-crc32c",
}
TRAILER_BODY = (
    b"10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n"
    + b"a" * 65536
    + b"\r\n400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n"
    + b"a" * 1024
    + b"\r\n0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n"
    + b"x-amz-checksum-crc32c:sOO8/Q==\r\n"
    + b"x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"
)
EXAMPLES = [(PLAIN_HEADERS, PLAIN_BODY), (TRAILER_HEADERS, TRAILER_BODY)]


@pytest.mark.parametrize(("headers", "body"), EXAMPLES, ids=["plain", "trailer"])
@pytest.mark.parametrize("piece", [1 << 20, 1000])
def test_the_documented_example_is_accepted(headers, body, piece):
    assert _receive(headers, body, piece) == b"a" * 66560


@pytest.mark.parametrize(("headers", "body"), EXAMPLES, ids=["plain", "trailer"])
@pytest.mark.parametrize(
    "changed", [(b"aa\r\n400", b"ab\r\n400"), (b"signature=2ca", b"signature=3ca"), (b"\r\n0;", b"")]
)
def test_a_changed_chunk_is_refused(headers, body, changed):
    if changed[0] not in body:
        changed = (b"signature=b6c", b"signature=b7c")
    with pytest.raises(ObsError) as refused:
        _receive(headers, body.replace(*changed))

    assert refused.value.code in ("SignatureDoesNotMatch", "InvalidRequest")


def test_a_changed_trailer_is_refused():
    with pytest.raises(ObsError, match="SignatureDoesNotMatch"):
        _receive(TRAILER_HEADERS, TRAILER_BODY.replace(b"sOO8", b"sOO9"))


def test_a_missing_last_chunk_is_noticed():
    with pytest.raises(ObsError, match="IncompleteBody"):
        _receive(PLAIN_HEADERS, PLAIN_BODY[: PLAIN_BODY.index(b"\r\n0;") + 2])


def _receive(headers: dict[str, str], body: bytes, piece: int = 1 << 20) -> bytes:
    messages = [
        {"type": "http.request", "body": body[at : at + piece], "more_body": at + piece < len(body)}
        for at in range(0, len(body), piece)
    ]

    async def receive():
        return messages.pop(0)

    scope = {
        "type": "http",
        "method": "PUT",
        "raw_path": b"/examplebucket/chunkObject.txt",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    request = ObsRequest(scope, receive)
    caller = verify_header(request, KEYS.get, NOW)
    received = bytearray()
    asyncio.run(receive_body(request, caller.payload, received.extend))
    return bytes(received)
