import pytest
from huaweicloudsdkims.v2.region.ims_region import ImsRegion

from huaweicloud.endpoints import KNOWN_REGIONS, Endpoints, find_endpoints
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
