"""The journal and the log hold no secret of any request or response, whatever its field is called."""

import base64
import json
import logging
import random
import secrets
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from lab.journal.error_log import FORMAT, PlainFormatter
from lab.journal.redaction import Redaction
from lab.journal.visible_fields import is_text
from tests.lab.plain import Raw
from tests.lab.procedure import Procedure
from tests.labs import RunningLab, run_lab

KEYS = "/v3.0/OS-CREDENTIAL/securitytokens"


def new_secret() -> str:
    return secrets.token_urlsafe(30)


def leaked(lab: RunningLab, *values: str) -> list[str]:
    """Return the values that are in the journal, its copy on disk or the log, whole or half."""
    journal = json.dumps(lab.journal(), ensure_ascii=False)
    log = (lab.state / "lab.log").read_text(errors="replace")
    return [value for value in values if any(part in journal + log for part in (value, value[: len(value) // 2]))]


@pytest.fixture
def empty(lab: RunningLab) -> RunningLab:
    lab.clear_journal()
    return lab


def test_tokens_and_keys_in_bodies_are_kept_back(raw: Raw, empty: RunningLab) -> None:
    token = raw.sign_in().headers["X-Subject-Token"]
    body = {"auth": {"identity": {"methods": ["token"], "token": {"id": token, "duration_seconds": 900}}}}
    keys = raw.send("iam", "POST", KEYS, json=body).json()["credential"]
    raw.send("iam", "GET", "/v3/auth/tokens", headers={"X-Subject-Token": token})
    values = (token, keys["access"], keys["secret"], keys["securitytoken"], raw.env["HW_USER_PASSWORD"])
    assert leaked(empty, *values) == []
    (entry,) = [e for e in empty.journal() if e["operation"] == "create_temporary_access_key_by_token"]
    assert json.loads(entry["request"])["auth"]["identity"]["methods"] == ["token"]
    assert json.loads(entry["response"]).keys() == {"credential"}


@pytest.mark.parametrize(
    "body",
    [
        lambda s: {"auth": {"identity": {"methods": ["totp"], "totp": {"user": {"passcode": s}}}}},
        lambda s: {"auth": {"identity": {"methods": [s]}}},
        lambda s: {"auth": {"identity": {"methods": ["token"], "token": {"name": s, "status": s, "id": s}}}},
        lambda s: {"auth": {"scope": {"project": {"id": s}}}},
        lambda s: {"server": {"adminPass": s, "user_data": base64.b64encode(s.encode()).decode(), "name": "x"}},
        lambda s: {"server": {"metadata": {"name": s, s: "x"}, "personality": [{"path": "/a", "contents": s}]}},
        lambda s: {"server": {"os:scheduler_hints": {"group": s}, "extendparam": {"note": s}}},
        lambda s: {"image_url": f"https://b.obs.example/i.iso?AccessKeyId=x&Signature={s}", "name": "n"},
        lambda s: {"image_url": f"https://user:{s}@b.obs.example/i.iso"},
        lambda s: {"description": f"the key is {s}", "tags": [s]},
        lambda s: {s: {s: s}},
        lambda s: [[s], {"x": [s]}],
        lambda s: s,
    ],
)
@pytest.mark.parametrize(
    "target", ["iam:/v3/auth/tokens", f"iam:{KEYS}", "ims:/v2/cloudimages/action", "ecs:/v1/{project}/nothing"]
)
def test_values_of_unknown_fields_are_kept_back(
    raw: Raw, empty: RunningLab, body: Callable[[str], Any], target: str
) -> None:
    service, _, path = target.partition(":")
    value = new_secret()
    raw.send(service, "POST", path, json=body(value))
    assert leaked(empty, value, base64.b64encode(value.encode()).decode()) == []


def test_queries_paths_and_headers_are_kept_back(raw: Raw, empty: RunningLab) -> None:
    value = new_secret()
    for path in (
        f"/v2/cloudimages?X-Auth-Token={value}",
        f"/v2/cloudimages?limit=1&name={value}&{value}=1",
        f"/v2/cloudimages/{value}",
        f"/v3/auth/tokens/{value}",
    ):
        raw.send("ims", "GET", path)
    wrong = "SDK-HMAC-SHA256 Access={0}, SignedHeaders=x-sdk-date;x-security-token, Signature={1}"
    url = f"{raw.env['HW_IMS_ENDPOINT']}/v2/cloudimages"
    date = {"X-Sdk-Date": "20240101T000000Z"}
    for authorization in (f"Bearer {value}", f"Basic {value}", wrong.format(value, "0" * 64)):
        requests.get(url, headers={"Authorization": authorization, "X-Security-Token": value, **date}, timeout=30)
    assert leaked(empty, value) == []
    entries = [e for e in empty.journal() if "limit=" in e["query"]]
    assert entries[0]["query"].startswith("limit=1&name=***")


def test_a_message_that_repeats_the_request_is_shown_without_its_secrets(raw: Raw, empty: RunningLab) -> None:
    """Send a wrong signature: the service responds with the canonical request, which contains signed headers."""
    value = new_secret()
    headers = {
        "X-Sdk-Date": datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"),
        "X-Note": value,
        "Authorization": f"SDK-HMAC-SHA256 Access={raw.env['HW_ACCESS_KEY']}, SignedHeaders=x-note;x-sdk-date, "
        f"Signature={'0' * 64}",
    }
    response = requests.get(f"{raw.env['HW_IMS_ENDPOINT']}/v2/cloudimages", headers=headers, timeout=30)
    assert value in response.text
    (entry,) = empty.journal()
    assert "verify aksk signature fail" in json.loads(entry["response"])["error_msg"]
    assert leaked(empty, value, raw.env["HW_ACCESS_KEY"]) == []


def test_signed_urls_of_the_object_store_are_kept_back(raw: Raw, empty: RunningLab) -> None:
    value = new_secret()
    query = f"AccessKeyId={value}&Expires=1&Signature={value}&x-obs-security-token={value}&prefix=a"
    requests.get(f"{raw.env['HW_OBS_ENDPOINT']}/lab-images/installer.iso?{query}", timeout=30)
    (entry,) = empty.journal()
    assert leaked(empty, value) == []
    assert (entry["path"], entry["query"].endswith("&prefix=a")) == ("/lab-images/installer.iso", True)


def test_what_is_needed_to_follow_a_build_is_shown(raw: Raw, empty: RunningLab) -> None:
    procedure = Procedure(raw)
    iso_id = procedure.iso_image()
    accepted = procedure.post("ecs", "/v1/{project}/cloudservers", procedure.server_order(iso_id))
    entries = {e["operation"]: e for e in empty.journal()}
    image = json.loads(entries["create_iso_image"]["request"])
    server = json.loads(entries["create_post_paid_servers"]["request"])["server"]
    assert image == procedure.image_order()
    for name in (
        "imageRef",
        "flavorRef",
        "name",
        "vpcid",
        "nics",
        "root_volume",
        "data_volumes",
        "metadata",
        "server_tags",
    ):
        assert server[name] == procedure.server_order(iso_id)["server"][name], name
    assert json.loads(entries["create_post_paid_servers"]["response"]) == accepted
    for entry in empty.journal():
        assert "***" not in entry["path"] + entry["query"], entry
    procedure.ended("ecs", accepted["job_id"])
    assert "lab-images:installer.iso" in run_lab(empty.state, "journal", "--json")


@pytest.mark.parametrize(
    "text",
    ["Debian GNU/Linux 10.0.0 64bit", "installer-3aad880fd03286b2", "imsImportIsoFileImageJob", "/v1/lab-1_team/x86_64",
     "9c6f2a55-8f0e-4a8a-bd51-3c2f0d1c9b1e.server.0123456789abcdef", "Ubuntu-22.04-LTS-server_64bit.iso"],
)  # fmt: skip
def test_names_are_texts_and_keys_are_none(text: str) -> None:
    assert is_text(text)
    made = random.Random(1)
    for _ in range(20):
        token = base64.urlsafe_b64encode(made.randbytes(30)).decode()
        for key in (token, f"LAB{made.randbytes(9).hex().upper()}"):
            assert not is_text(key), key


def test_a_secret_of_a_request_is_not_shown_in_its_answer_under_another_name() -> None:
    redaction = Redaction()
    redaction.body(b'{"server": {"adminPass": "correct-horse-battery"}}', "application/json")
    response = b'{"error": {"message": "correct-horse-battery is too simple", "name": "correct-horse-battery"}}'
    assert "horse" not in redaction.body(response, "application/json")
    assert redaction.body(b'{"password": "x"', "application/json") == "<16 bytes that are not JSON>"
    assert redaction.body(b"<password>x</password>", "application/xml") == "<22 bytes>"


def test_the_log_names_errors_without_what_they_quote() -> None:
    try:
        try:
            raise KeyError("of-the-request")
        except KeyError as error:
            raise ValueError("quotes of-the-request") from error
    except ValueError:
        record = logging.LogRecord("lab", logging.ERROR, __file__, 1, "request %s failed", ("id",), sys.exc_info())
    text = PlainFormatter(FORMAT).format(record)
    assert "quotes" not in text.replace('raise ValueError("quotes of-the-request")', "")
    assert "\nValueError" in text
    assert "\nKeyError\n" in text
