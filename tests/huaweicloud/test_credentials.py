import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from huaweicloud.auth.credentials import AccessKeyCredentials, AgencyCredentials, PasswordCredentials, find_credentials
from huaweicloud.errors import CredentialsMissing

KEY_SETTINGS = {"access_key": "ak", "secret_key": "sk"}
USER_SETTINGS = {"user_name": "u", "password": "p", "domain_name": "d"}
KEY_ENVIRONMENT = {"HW_ACCESS_KEY": "eak", "HW_SECRET_KEY": "esk"}
USER_ENVIRONMENT = {"HW_USER_NAME": "eu", "HW_USER_PASSWORD": "ep", "HW_DOMAIN_NAME": "ed"}


@pytest.mark.parametrize(
    ("settings", "environment", "found"),
    [
        (KEY_SETTINGS, {}, AccessKeyCredentials("ak", "sk")),
        (KEY_SETTINGS | {"security_token": "t"}, {}, AccessKeyCredentials("ak", "sk", "t")),
        (USER_SETTINGS, {}, PasswordCredentials("u", "p", "d")),
        (KEY_SETTINGS | USER_SETTINGS, {}, AccessKeyCredentials("ak", "sk")),
        ({"access_key": "ak"} | USER_SETTINGS, {}, PasswordCredentials("u", "p", "d")),
        (KEY_SETTINGS, USER_ENVIRONMENT, PasswordCredentials("eu", "ep", "ed")),
        (KEY_SETTINGS, KEY_ENVIRONMENT | {"HW_SECURITY_TOKEN": "et"}, AccessKeyCredentials("eak", "esk", "et")),
        (USER_SETTINGS, KEY_ENVIRONMENT | USER_ENVIRONMENT, AccessKeyCredentials("eak", "esk")),
        ({"password": "p"}, {"HW_USER_NAME": "eu", "HW_DOMAIN_NAME": "ed"}, PasswordCredentials("eu", "p", "ed")),
        ({}, {"HW_ACCESS_KEY": " eak\n", "HW_SECRET_KEY": "esk"}, AccessKeyCredentials("eak", "esk")),
        (KEY_SETTINGS, {"HW_SECURITY_TOKEN": "stale"}, AccessKeyCredentials("ak", "sk")),
        (
            KEY_SETTINGS | {"agency_name": "a", "agency_domain_name": "b"},
            {},
            AgencyCredentials(AccessKeyCredentials("ak", "sk"), "a", "b"),
        ),
        (
            {},
            USER_ENVIRONMENT | {"HW_ASSUME_ROLE_AGENCY_NAME": "a", "HW_ASSUME_ROLE_DOMAIN_NAME": "b"},
            AgencyCredentials(PasswordCredentials("eu", "ep", "ed"), "a", "b"),
        ),
    ],
)
def test_the_first_complete_set_is_used(settings: dict[str, str], environment: dict[str, str], found: object) -> None:
    assert find_credentials(settings, environment, None) == found


@pytest.mark.parametrize(
    ("settings", "environment", "named"),
    [
        ({}, {}, ["HW_ACCESS_KEY", "HW_USER_NAME", "configuration"]),
        ({"access_key": "ak"}, {}, ["access_key given", "secret_key (HW_SECRET_KEY) missing"]),
        ({"user_name": "u"}, {}, ["password (HW_USER_PASSWORD)", "domain_name (HW_DOMAIN_NAME)"]),
        (KEY_SETTINGS | {"agency_name": "a"}, {}, ["account"]),
    ],
)
def test_what_is_missing_is_named(settings: dict[str, str], environment: dict[str, str], named: list[str]) -> None:
    with pytest.raises(CredentialsMissing) as raised:
        find_credentials(settings, environment, None)

    assert all(part in str(raised.value) for part in named)
    assert raised.value.hint


def test_no_representation_shows_a_secret() -> None:
    key = AccessKeyCredentials("the-ak", "the-sk", "the-token", datetime(2030, 1, 1, tzinfo=UTC))
    user = PasswordCredentials("u", "the-password", "d")

    text = repr([key, user, AgencyCredentials(user, "a", "b")])

    assert not any(secret in text for secret in ("the-ak", "the-sk", "the-token", "the-password"))


PROFILES = {
    "current": "work",
    "profiles": [
        {"name": "default", "mode": "AKSK", "accessKeyId": "dak", "secretAccessKey": "dsk", "securityToken": ""},
        {"name": "work", "mode": "AKSK", "accessKeyId": "wak", "secretAccessKey": "wsk", "securityToken": "wt"},
        {
            "name": "sso",
            "mode": "SSO",
            "ssoAuth": {"stsToken": {"accessKeyId": "sak", "secretAccessKey": "ssk", "securityToken": "st"}},
        },
        {
            "name": "other",
            "mode": "agency",
            "accessKeyId": "oak",
            "secretAccessKey": "osk",
            "agencyName": "a",
            "agencyDomainName": "b",
        },
        {"name": "server", "mode": "ecsAgency"},
    ],
}


@pytest.fixture
def shared_file(tmp_path: Path) -> Path:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(PROFILES))
    return file


@pytest.mark.parametrize(
    ("profile", "found"),
    [
        (None, AccessKeyCredentials("wak", "wsk", "wt")),
        ("default", AccessKeyCredentials("dak", "dsk")),
        ("sso", AccessKeyCredentials("sak", "ssk", "st")),
        ("other", AgencyCredentials(AccessKeyCredentials("oak", "osk"), "a", "b")),
    ],
)
def test_the_command_line_tools_profile_is_used(shared_file: Path, profile: str | None, found: object) -> None:
    environment = {"HW_PROFILE": profile} if profile else {}

    assert find_credentials({}, environment, shared_file) == found


def test_settings_go_before_the_shared_file(shared_file: Path) -> None:
    assert find_credentials(KEY_SETTINGS, {}, shared_file) == AccessKeyCredentials("ak", "sk")


def test_the_environment_names_another_shared_file(shared_file: Path, tmp_path: Path) -> None:
    found = find_credentials({}, {"HW_SHARED_CONFIG_FILE": str(shared_file)}, tmp_path / "none.json")

    assert found == AccessKeyCredentials("wak", "wsk", "wt")


@pytest.mark.parametrize(
    ("content", "environment", "named"),
    [
        (None, {"HW_PROFILE": "work"}, "does not exist"),
        ("{", {}, "not JSON"),
        ("[]", {"HW_PROFILE": "work"}, "no profile 'work' (it has: none)"),
        (json.dumps(PROFILES), {"HW_PROFILE": "wrok"}, "no profile 'wrok' (it has: default, work, sso, other, server)"),
        (json.dumps(PROFILES), {"HW_PROFILE": "server"}, "nor in"),
        ('{"current": "x", "profiles": [7, {"name": "x", "accessKeyId": 3}]}', {}, "nor in"),
        (
            '{"current": "x", "profiles": [{"name": "x", "accessKeyId": "q+8/w==", "secretAccessKey": "c="}]}',
            {},
            "encrypted",
        ),
    ],
)
def test_a_shared_file_that_does_not_help_is_named(
    tmp_path: Path, content: str | None, environment: dict[str, str], named: str
) -> None:
    file = tmp_path / "config.json"
    if content is not None:
        file.write_text(content)

    with pytest.raises(CredentialsMissing) as raised:
        find_credentials({}, environment, file)

    assert named in str(raised.value)
    assert "dsk" not in str(raised.value)
