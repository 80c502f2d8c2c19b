import pytest
from huaweicloudsdkims.v2.region.ims_region import ImsRegion

from huaweicloud.endpoints import KNOWN_REGIONS, Endpoints, find_endpoints, find_problems
from huaweicloud.errors import ConfigurationError, UnknownRegion

LAB = {
    f"HW_{name.upper()}_ENDPOINT": f"http://127.0.0.1:{port}"
    for port, name in enumerate(("iam", "ims", "ecs", "evs", "vpc", "obs"), 9081)
}


def test_a_known_region_needs_nothing_else() -> None:
    assert find_endpoints("cn-north-4", {}, {}) == Endpoints(
        "https://iam.cn-north-4.myhuaweicloud.com",
        "https://ims.cn-north-4.myhuaweicloud.com",
        "https://ecs.cn-north-4.myhuaweicloud.com",
        "https://evs.cn-north-4.myhuaweicloud.com",
        "https://vpc.cn-north-4.myhuaweicloud.com",
        "https://obs.cn-north-4.myhuaweicloud.com",
    )


def test_the_known_regions_are_those_of_the_official_sdk() -> None:
    assert set(ImsRegion.static_fields) <= KNOWN_REGIONS


def test_the_environment_goes_before_the_settings() -> None:
    endpoints = find_endpoints("lab-1", {"ims": "https://elsewhere"}, LAB)

    assert endpoints.ims == "http://127.0.0.1:9082"


@pytest.mark.parametrize("url", ["https://iam.example.com/v3", "https://iam.example.com/v3/", "iam.example.com"])
def test_the_sign_in_url_gives_the_iam_endpoint(url: str) -> None:
    assert find_endpoints("cn-north-4", {}, {"HW_AUTH_URL": url}).iam == "https://iam.example.com"


def test_an_unknown_region_is_named_with_the_known_ones() -> None:
    with pytest.raises(UnknownRegion, match=r"'cn-nort-4'.*obs") as raised:
        find_endpoints("cn-nort-4", {}, {name: url for name, url in LAB.items() if "OBS" not in name})

    assert "cn-north-4" in raised.value.hint


@pytest.mark.parametrize(
    "url", ["ftp://x", "https://", "http://x:99999", "https://user:pw@x", "https://x?y=1", "http://["]
)
def test_an_endpoint_that_is_no_base_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="HW_ECS_ENDPOINT") as raised:
        find_endpoints("lab-1", {}, {**LAB, "HW_ECS_ENDPOINT": url})

    assert "pw" not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://a b",
            "https://ims.example.com/v2",
            "https://ims.example.com/v1.0/",
            "http://a..b",
            "https://-a.example",
        ),
        *(
            "https://ims.example.com/v2/cloudimages",
            "http://ims.example.com/a b",
            "http://ims.example.com//x",
            "http://a_",
        ),
        *(
            "https://ims.example.com/%zz\n",
            "https://ims.exämple.com",
            "http://ims.example.com:0",
            "http://:9082",
            "//ims",
        ),
        *("http://ims.example.com:port", "https:/ims.example.com", "unix:///run/ims", "https://ims.example.com#x", " "),
    ],
)
def test_a_base_url_is_judged_under_the_setting_that_holds_it(url: str) -> None:
    for overrides, environment, setting in (
        ({}, {"HW_IMS_ENDPOINT": url}, "HW_IMS_ENDPOINT"),
        ({"ims": url}, {}, "endpoints.ims"),
    ):
        problems = find_problems(overrides, environment)

        assert [setting] == [problem.setting for problem in problems] or not url.strip()
        with pytest.raises(ConfigurationError, match=setting):
            find_endpoints("cn-north-4", overrides, environment)


@pytest.mark.parametrize(
    "url",
    [
        *("ims.example.com", "ims.example.com:8443", "http://127.0.0.1:9082", "http://[::1]:9082/"),
        *("https://gw.example.com/ims", "HTTPS://IMS.example.com", "http://ims_1:80", " https://ims.example.com "),
    ],
)
def test_a_base_url_is_taken(url: str) -> None:
    assert find_problems({"ims": url}, {}) == []


def test_every_base_url_that_is_none_is_found_with_its_key() -> None:
    keys = {"ecs": "regions.far.endpoints.ecs"}

    problems = find_problems({"ecs": "ftp://x"}, {"HW_AUTH_URL": "http://a b", "HW_OBS_ENDPOINT": "ftp://y"}, keys)

    assert ["HW_AUTH_URL", "regions.far.endpoints.ecs", "HW_OBS_ENDPOINT"] == [problem.setting for problem in problems]


def test_endpoints_know_where_they_come_from() -> None:
    found = find_endpoints(
        "cn-north-4", {"ims": "https://ims.example.com"}, {"HW_AUTH_URL": "https://iam.example.com/v3"}
    )

    assert {"ims": "endpoints.ims", "iam": "HW_AUTH_URL"} == found.sources
