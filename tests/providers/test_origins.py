"""Order of all settings of the sign-in, and the line that names those in use."""

from typing import Any

import pytest

from config.sign_in import precedence

KEY = {"HW_ACCESS_KEY": "the-key-id", "HW_SECRET_KEY": "the-secret"}
PASSWORD = {"HW_USER_NAME": "ci", "HW_USER_PASSWORD": "the-password", "HW_DOMAIN_NAME": "acme"}
OWN: dict[str, Any] = {"region": "cn-north-4"}


def line(settings: dict[str, Any] | None = None, region: str = "cn-north-4", **environment: str) -> tuple[str, bool]:
    return precedence.line(region, {**OWN, **(settings or {})}, environment)


@pytest.mark.parametrize(
    ("environment", "settings", "shown"),
    [
        (KEY, {}, "signs in with an access key (HW_ACCESS_KEY) to the project of region cn-north-4"),
        (PASSWORD, {}, "signs in with user ci of acme (HW_USER_NAME) to the project of region cn-north-4"),
        (KEY | PASSWORD, {}, "signs in with an access key (HW_ACCESS_KEY) to the project of region cn-north-4"),
        (
            {},
            {},
            "signs in with a profile (the file of the cloud's command line tool) to the project of region cn-north-4",
        ),
        (KEY, {"project_id": "p1"}, "signs in with an access key (HW_ACCESS_KEY) to project p1 (project_id)"),
        (
            {},
            {"user_name": "u", "password": "x", "domain_name": "d"},
            "signs in with user u of d (user_name of the stack's configuration) to the project of region cn-north-4",
        ),
        (
            {**KEY, "HW_ASSUME_ROLE_AGENCY_NAME": "builder", "HW_ASSUME_ROLE_DOMAIN_NAME": "partner"},
            {},
            "signs in with an access key (HW_ACCESS_KEY) through agency builder of partner "
            "(HW_ASSUME_ROLE_AGENCY_NAME) to the project of region cn-north-4",
        ),
    ],
)
def test_one_line_names_who_signs_in_and_to_which_project(
    environment: dict[str, str], settings: dict[str, Any], shown: str
) -> None:
    assert (shown, False) == line(settings, **environment)


@pytest.mark.parametrize(
    ("environment", "settings", "unused"),
    [
        ({"HW_PROJECT_NAME": "a"}, {"project_id": "p1"}, "p1 (project_id)"),
        ({"HW_PROJECT_ID": "p1", "HW_PROJECT_NAME": "a"}, {"project_name": "b"}, "b (project_name)"),
        (
            {"HW_PROJECT_ID": "p1"},
            {"regions": {"cn-north-4": {"project_id": "p2"}}},
            "p2 (regions.cn-north-4.project_id)",
        ),
        ({"HW_IMS_ENDPOINT": "https://a"}, {"endpoints": {"ims": "https://user:secret@b"}}, "endpoints.ims"),
        ({"HW_REGION_NAME": "cn-north-1"}, {}, "region cn-north-1 (HW_REGION_NAME)"),
        ({"HW_CLOUD": "huaweicloud"}, {"cloud": "otc"}, "otc (cloud)"),
        ({"HW_CLOUD": "otc"}, {"endpoint": "https://user:secret@{service}"}, "endpoint"),
        ({}, {"access_key": "another", "secret_key": "s"}, "an access key (access_key of the stack's configuration)"),
    ],
)
def test_what_is_not_used_is_named_without_secrets(
    environment: dict[str, str], settings: dict[str, Any], unused: str
) -> None:
    shown, is_overridden = line(settings, **KEY, **environment)

    assert is_overridden
    assert shown.endswith(f"; not used: {unused}")
    assert "secret" not in shown


def test_two_settings_that_agree_are_not_reported() -> None:
    same = {"project_name": "a", "endpoints": {"ims": "https://x"}}

    assert not line(same, **KEY, HW_PROJECT_NAME="a", HW_IMS_ENDPOINT="https://x", HW_REGION_NAME="cn-north-4")[1]


def test_a_project_is_one_setting_of_the_first_place_that_has_it() -> None:
    settings = {**OWN, "project_id": "p1"}

    chosen = precedence.project("cn-north-4", settings, {"HW_PROJECT_NAME": "a"})

    assert {"project_name": "a"} == chosen.values


def test_the_environment_applies_to_no_other_region() -> None:
    settings = {"regions": {"eu": {"region": "eu-west-101", "project_name": "b"}}}

    shown, is_overridden = line(settings, "eu", **KEY, HW_PROJECT_NAME="a", HW_IMS_ENDPOINT="https://a")

    assert (False, True) == (is_overridden, shown.endswith("to project b (regions.eu.project_name)"))
