"""Signatures against the official SDK's signer and against fixed vectors."""

import copy
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer
from hypothesis import given, settings
from hypothesis import strategies as st

from huaweicloud.auth.signing import sign
from huaweicloud.transport.messages import Request, path

HOST = "ims.cn-north-4.myhuaweicloud.com"
FIXED = {"Content-Type": "application/json", "X-Project-Id": "p1", "X-Sdk-Date": "20260102T030405Z"}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SEGMENTS = st.lists(TEXT.filter(lambda text: text not in ("", ".", "..")), min_size=1, max_size=4)
NAMES = st.text("abcdefghijklmnopqrstuvwxyz-_0123456789", min_size=1, max_size=12).map(lambda name: f"X-Odd-{name}")
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)


def signature_of(sent_request: Request, headers: dict[str, str]) -> dict[str, str]:
    return sign(sent_request, headers, "AKTEST0001", "sk-test-0001")


def officially(sent_request: Request, headers: dict[str, str]) -> tuple[dict[str, Any], str]:
    request = SdkRequest(
        method=sent_request.method,
        schema="https",
        host=sent_request.host,
        resource_path=sent_request.full_path,
        query_params=list(sent_request.query),
        header_params=copy.copy(headers),
        body=sent_request.body,
    )
    signed = Signer(SimpleNamespace(ak="AKTEST0001", sk="sk-test-0001")).sign(request)
    return signed.header_params, signed.uri


@pytest.mark.parametrize(
    ("sent_request", "signature"),
    [
        (
            Request(
                service="ims",
                method="POST",
                base_url=f"https://{HOST}",
                path="/v2/cloudimages/action",
                body=b'{"name":"x"}',
            ),
            "ff87002bb0971d81e317d0bfdee21f34207299de4ffd0545cb8bbb28ba6ea69d",
        ),
        (
            Request(
                service="ims",
                method="GET",
                base_url=f"https://{HOST}",
                path="/v2/cloudimages",
                query=(("name", "a b+c/中~"), ("limit", "2"), ("__imagetype", "private")),
            ),
            "ccd35efe23fe4c405139644f69ae12499e379dc51b81d126885fc867d2dbc038",
        ),
    ],
)
def test_the_known_vectors_result(sent_request: Request, signature: str) -> None:
    assert signature_of(sent_request, FIXED)["Authorization"] == (
        "SDK-HMAC-SHA256 Access=AKTEST0001, SignedHeaders=content-type;host;x-project-id;x-sdk-date, "
        f"Signature={signature}"
    )


@settings(deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"]),
    segments=SEGMENTS,
    query=st.dictionaries(TEXT.filter(bool), TEXT, max_size=4),
    extra=st.dictionaries(NAMES, VALUES, max_size=3),
    content_type=st.sampled_from(["application/json", "application/json;charset=utf8", "text/plain", ""]),
    body=st.binary(max_size=40),
    base_path=st.sampled_from(["", "/gate", "/a b"]),
)
def test_signatures_equal_the_official_signers(
    method: str,
    segments: list[str],
    query: dict[str, str],
    extra: dict[str, str],
    content_type: str,
    body: bytes,
    base_path: str,
) -> None:
    sent_request = Request(
        service="ims",
        method=method,
        base_url=f"https://{HOST}{quote(base_path)}",
        path=path(*segments),
        query=tuple(query.items()),
        body=body,
    )
    headers = {name: value for name, value in FIXED.items() if name != "Content-Type"} | extra
    if content_type:
        headers["Content-Type"] = content_type

    official, uri = officially(sent_request, headers)

    ours = signature_of(sent_request, headers)
    assert ours["Authorization"] == official["Authorization"]
    assert {name.lower() for name in official} == {name.lower() for name in ours}
    assert sent_request.url == f"https://{HOST}{uri}"


@settings(deadline=None)
@given(values=st.lists(TEXT, min_size=1, max_size=4))
def test_a_repeated_query_name_is_signed_as_the_official_signer_signs_a_list(values: list[str]) -> None:
    sent_request = Request(
        service="ecs",
        method="GET",
        base_url="https://ecs.example.com",
        path="/v1/p/cloudservers/detail",
        query=tuple(("server_id", value) for value in values),
    )
    request = SdkRequest(
        method="GET",
        schema="https",
        host=sent_request.host,
        resource_path=sent_request.full_path,
        query_params=[("server_id", list(values))],
        header_params=dict(FIXED),
        body=b"",
    )
    official = Signer(SimpleNamespace(ak="AKTEST0001", sk="sk-test-0001")).sign(request)

    assert signature_of(sent_request, FIXED)["Authorization"] == official.header_params["Authorization"]


def test_the_date_is_of_this_moment_and_the_host_is_signed() -> None:
    signed = signature_of(Request(service="ims", method="GET", base_url=f"https://{HOST}:8443", path="/"), {})

    assert signed["Host"] == f"{HOST}:8443"
    assert "SignedHeaders=host;x-sdk-date," in signed["Authorization"]
