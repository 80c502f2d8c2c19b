"""Bad input gets the documented error, and the lab continues."""

import hashlib
import hmac
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer

from tests.lab.plain import Raw
from tests.labs import RunningLab

CREATE_IMAGE = ("ims", "POST", "/v2/cloudimages/action")
CREATE_SERVER = ("ecs", "POST", "/v1/{project}/cloudservers")
CREATE_VOLUME = ("evs", "POST", "/v2.1/{project}/cloudvolumes")


def code_of(response: requests.Response) -> str:
    """Return the error code, from any of the documented shapes."""
    body = response.json()
    error = body.get("error", body)
    return str(error.get("code") or error.get("error_code"))


@pytest.mark.parametrize(
    ("call", "code"),
    [(CREATE_IMAGE, "IMG.0001"), (CREATE_SERVER, "Ecs.0005"), (CREATE_VOLUME, "EVS.5400")],
    ids=["ims", "ecs", "evs"],
)
@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'"text"', b"\xff\xfe", b"[" * 100_000, b'{"name": 1' + b"0" * 5000 + b"}"],
    ids=["cut", "list", "text", "bytes", "deep", "number"],
)
def test_malformed_json_is_a_documented_400(raw: Raw, call: tuple[str, str, str], code: str, body: bytes) -> None:
    response = raw.send(*call, data=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, code_of(response)) == (400, code)


@pytest.mark.parametrize(
    ("call", "body", "code"),
    [
        (CREATE_IMAGE, {"name": 5}, "IMG.0001"),
        (CREATE_IMAGE, {"name": "a", "image_tags": "k=v"}, "IMG.0001"),
        (CREATE_IMAGE, {"name": "a", "min_disk": True, "image_url": "b:c.iso"}, "IMG.0001"),
        (CREATE_IMAGE, {}, "IMG.0057"),
        (CREATE_SERVER, {"server": []}, "Ecs.0005"),
        (CREATE_SERVER, {"server": {"name": "a"}}, "Ecs.0005"),
        (CREATE_VOLUME, {"volume": {"size": 1.5}}, "EVS.5400"),
        (("ecs", "POST", "/v1/{project}/cloudservers/action"), {"os-start": {}}, "Ecs.0005"),
        (("ecs", "POST", "/v1/{project}/cloudservers/action"), {}, "Ecs.0005"),
        (("ecs", "POST", "/v1/{project}/cloudservers/delete"), {"servers": []}, "Ecs.0118"),
    ],
)
def test_wrong_types_are_a_documented_400(raw: Raw, call: tuple[str, str, str], body: Any, code: str) -> None:
    response = raw.send(*call, json=body)
    assert (response.status_code, code_of(response)) == (400, code)


def test_an_empty_body_has_its_own_code(raw: Raw) -> None:
    assert code_of(raw.send(*CREATE_IMAGE)) == "IMG.0007"
    assert code_of(raw.send(*CREATE_SERVER)) == "Common.0002"


@pytest.mark.parametrize("call", [CREATE_IMAGE, CREATE_SERVER, ("iam", "POST", "/v3/auth/tokens")])
def test_a_body_of_20_mb_is_refused_by_the_gateway(raw: Raw, call: tuple[str, str, str]) -> None:
    response = raw.send(*call, data=b"x" * (20 << 20))
    assert (response.status_code, response.json()["error_code"]) == (413, "APIGW.0201")


@pytest.mark.parametrize(
    ("service", "method", "path"),
    [
        ("ims", "GET", "/v9/cloudimages"),
        ("ims", "PUT", "/v2/cloudimages"),
        ("ecs", "GET", "/v9"),
        ("vpc", "GET", "/v1/{project}/routers"),
        ("iam", "GET", "/v3/nothing"),
        ("evs", "GET", "/v2/{project}/cloudvolumes/a/b/c"),
    ],
)
def test_an_unknown_route_is_answered_and_recorded(
    raw: Raw, lab: RunningLab, service: str, method: str, path: str
) -> None:
    response = raw.send(service, method, path)
    assert (response.status_code, response.json()["error_code"]) == (404, "APIGW.0101")
    assert response.json()["request_id"] == response.headers["X-Request-Id"]
    last = lab.journal()[-1]
    assert (last["status"], last["request_id"], last["operation"]) == (404, response.headers["X-Request-Id"], "")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("ecs:/v1/OTHER/cloudservers/detail", 400, "Ecs.0023"),
        ("evs:/v2/OTHER/cloudvolumes/detail", 400, "EVS.0001"),
        ("vpc:/v1/OTHER/vpcs", 400, "VPC.0007"),
        ("ims:/v1/OTHER/jobs/x", 400, "IMG.0030"),
        ("ims:/v2/OTHER/images/tags", 400, "IMG.0030"),
    ],
)
def test_somebody_elses_project_is_refused(raw: Raw, path: str, status: int, code: str) -> None:
    service, _, rest = path.partition(":")
    response = raw.send(service, "GET", rest.replace("OTHER", "0" * 32))
    assert (response.status_code, code_of(response)) == (status, code)


@pytest.mark.parametrize(
    ("token", "message"), [(None, "x-auth-token not found"), ("MIIforged", "decrypt token fail"), ("", "not found")]
)
def test_missing_and_forged_tokens_are_refused(raw: Raw, token: str | None, message: str) -> None:
    response = raw.send("ims", "GET", "/v2/cloudimages", headers={"X-Auth-Token": token})
    assert (response.status_code, response.json()["error_code"]) == (401, "APIGW.0301")
    assert message in response.json()["error_msg"]


class Signed:
    """Requests that are signed by the official signer and then changed."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env

    def send(
        self, path: str, *, date: datetime | None = None, body: str = "", late: bool = False, **changes: Any
    ) -> requests.Response:
        host = self.env["HW_IMS_ENDPOINT"].removeprefix("http://")
        headers = {"Content-Type": "application/json", "X-Project-Id": self.env["HW_PROJECT_ID"]}
        if date is not None:
            headers["X-Sdk-Date"] = date.strftime("%Y%m%dT%H%M%SZ")
        method = "POST" if body else "GET"
        secret = changes.get("secret", self.env["HW_SECRET_KEY"])
        keys = BasicCredentials(changes.get("access", self.env["HW_ACCESS_KEY"]), secret, headers["X-Project-Id"])
        request = SdkRequest(method, "http", host, path, query_params=[], header_params=headers, body=body)
        signed = Signer(keys).sign(request)
        sent = {**signed.header_params, **changes.get("headers", {})}
        url = f"http://{host}{changes.get('sent_path', path)}"
        return requests.request(method, url, headers=sent, data=changes.get("sent_body", body), timeout=30)


@pytest.fixture
def signed(lab: RunningLab) -> Signed:
    return Signed(lab.env)


def test_a_signed_request_is_accepted(signed: Signed) -> None:
    assert signed.send("/v2/cloudimages").status_code == 200
    assert code_of(signed.send("/v2/cloudimages/action", body='{"name":"x"}')) == "IMG.0057"


def test_changed_requests_are_refused(signed: Signed) -> None:
    changed = [
        signed.send("/v2/cloudimages", sent_path="/v1/cloudimages/quota"),
        signed.send("/v2/cloudimages", sent_path="/v2/cloudimages?limit=1"),
        signed.send("/v2/cloudimages/action", body='{"name":"x"}', sent_body='{"name":"y"}'),
        signed.send("/v2/cloudimages", secret="wrong"),
        signed.send("/v2/cloudimages", access="NOBODY"),
        signed.send("/v2/cloudimages", headers={"X-Project-Id": "0" * 32}),
        signed.send("/v2/cloudimages", headers={"Authorization": "SDK-HMAC-SHA256 nonsense"}),
        signed.send("/v2/cloudimages", headers={"Authorization": "Basic dTpw"}),
    ]
    assert [(a.status_code, a.json()["error_code"]) for a in changed] == [(401, "APIGW.0301")] * len(changed)
    assert "verify aksk signature fail, canonicalRequest:GET|" in changed[0].json()["error_msg"]


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_signature_that_is_too_old_or_too_new_is_refused(signed: Signed, minutes: int) -> None:
    response = signed.send("/v2/cloudimages", date=datetime.now(UTC) + timedelta(minutes=minutes))
    assert (response.status_code, response.json()["error_code"]) == (401, "APIGW.0301")
    assert "signature expired" in response.json()["error_msg"]


def test_a_signature_inside_the_window_is_accepted(signed: Signed) -> None:
    assert signed.send("/v2/cloudimages", date=datetime.now(UTC) - timedelta(minutes=14)).status_code == 200


def test_an_unsigned_date_is_refused(lab: RunningLab) -> None:
    date = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    canonical = f"GET\n/v2/cloudimages/\n\n\n\n{hashlib.sha256(b'').hexdigest()}"
    text = f"SDK-HMAC-SHA256\n{date}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(lab.env["HW_SECRET_KEY"].encode(), text.encode(), hashlib.sha256).hexdigest()
    header = f"SDK-HMAC-SHA256 Access={lab.env['HW_ACCESS_KEY']}, SignedHeaders=host, Signature={signature}"
    url = f"{lab.env['HW_IMS_ENDPOINT']}/v2/cloudimages"
    response = requests.get(url, headers={"Authorization": header, "X-Sdk-Date": date}, timeout=30)
    assert response.status_code == 401


def test_the_native_path_answers_in_xml(raw: Raw) -> None:
    response = raw.send("ims", "DELETE", "/v2/images/nothing")
    assert (response.status_code, response.headers["Content-Type"]) == (404, "application/xml")
    assert "<code>IMG.0144</code>" in response.text
    public = raw.send("ims", "GET", "/v2/cloudimages?__imagetype=gold").json()["images"][0]["id"]
    assert "<code>IMG.0094</code>" in raw.send("ims", "DELETE", f"/v2/images/{public}").text


def test_ids_with_path_tricks_find_nothing(raw: Raw) -> None:
    tricks = ["..%2F..%2Fetc", "%00", "a%0d%0aX-Evil:1", "x" * 5000, "%E4%B8%AD", "' OR 1=1 --", "<script>"]
    for trick, service in itertools.product(tricks, ("ecs", "evs")):
        thing = "cloudservers" if service == "ecs" else "cloudvolumes"
        version = "v1" if service == "ecs" else "v2"
        response = raw.send(service, "GET", f"/{version}/{{project}}/{thing}/{trick}")
        assert response.status_code == 404, trick


def test_the_lab_listens_on_loopback_only(lab: RunningLab) -> None:
    assert all("//127.0.0.1:" in value for name, value in lab.env.items() if name.endswith("ENDPOINT"))


def test_after_all_that_the_lab_is_well(lab: RunningLab, raw: Raw) -> None:
    raw.send(*CREATE_IMAGE, data=b"\0" * 1000)
    assert lab.call("GET", "/health")["status"] == "ok"
    assert "Traceback" not in (lab.state / "lab.log").read_text()
