"""Known clouds and private deployments: which one serves a region, and the endpoints that follow."""

import re
from typing import Any

import pytest
from huaweicloudsdkims.v2.region.ims_region import ImsRegion

from huaweicloud.endpoints import CLOUDS, KNOWN_REGIONS, SERVICES, find_deployment, find_endpoints
from huaweicloud.endpoints.base_urls import problem_of_url
from huaweicloud.endpoints.clouds import HUAWEI_CLOUD, find, spellings
from huaweicloud.errors import InvalidSetting, UnknownRegion

PRIVATE = "https://{service}.{region}.example.com"


def urls(region: str, settings: dict[str, str], environment: dict[str, str] | None = None, **overrides: str) -> Any:
    return find_endpoints(region, overrides, environment or {}, None, find_deployment(settings, environment or {}))


@pytest.mark.parametrize("cloud", CLOUDS, ids=lambda cloud: cloud.name)
def test_each_region_of_a_cloud_has_six_base_urls_in_its_domain(cloud: Any) -> None:
    for region in cloud.regions:
        endpoints = urls(region, {"cloud": cloud.name})

        assert cloud is endpoints.cloud
        for service in SERVICES:
            url = getattr(endpoints, service)
            assert "" == problem_of_url(url)
            assert url.startswith("https://")
            assert "{" not in url
            is_exception = (cloud.name, region, service) == ("huaweicloud", "eu-west-101", "iam")
            assert url.endswith(f".{cloud.domain}") or is_exception


def test_names_and_domains_are_unambiguous() -> None:
    assert len([*spellings()]) == len({*spellings()}) == 2 * len(CLOUDS)
    assert [find(name) for name in spellings()] == [*CLOUDS, *CLOUDS]


def test_every_area_states_its_sources() -> None:
    assert all(area.sources for cloud in CLOUDS for area in cloud.areas)


def test_a_region_belongs_to_one_area_of_its_cloud() -> None:
    for cloud in CLOUDS:
        listed = [region for area in cloud.areas for region in area.regions]
        assert len(listed) == len({*listed})


def test_regions_of_the_official_sdk_are_still_those_of_huawei_cloud() -> None:
    assert {*ImsRegion.static_fields} <= HUAWEI_CLOUD.regions <= KNOWN_REGIONS
    for region in ImsRegion.static_fields:
        assert ImsRegion.static_fields[region].endpoints[0] == urls(region, {}).ims


@pytest.mark.parametrize(
    ("region", "service", "url"),
    [
        ("eu-de", "ims", "https://ims.eu-de.otc.t-systems.com"),
        ("eu-nl", "iam", "https://iam.eu-nl.otc.t-systems.com"),
        ("eu-ch2", "iam", "https://iam-pub.eu-ch2.sc.otc.t-systems.com"),
        ("eu-ch2", "obs", "https://obs.eu-ch2.sc.otc.t-systems.com"),
        ("eu-west-101", "iam", "https://iam.myhuaweicloud.eu"),
        ("eu-west-101", "ims", "https://ims.eu-west-101.myhuaweicloud.com"),
        ("ae-ad-1", "ims", "https://ims.ae-ad-1.myhuaweicloud.com"),
        ("eu-west-0", "obs", "https://obs.eu-west-0.myhuaweicloud.com"),
    ],
)
def test_a_region_alone_selects_its_first_cloud(region: str, service: str, url: str) -> None:
    assert url == getattr(urls(region, {}), service)


@pytest.mark.parametrize(
    ("cloud", "region", "service", "url"),
    [
        ("otc", "eu-ch2", "ecs", "https://ecs.eu-ch2.sc.otc.t-systems.com"),
        ("OTC.t-systems.com", "eu-de", "ecs", "https://ecs.eu-de.otc.t-systems.com"),
        ("huaweicloud-eu", "eu-west-101", "obs", "https://obs.eu-west-101.myhuaweicloud.eu"),
        ("myhuaweicloud.com", "cn-north-4", "obs", "https://obs.cn-north-4.myhuaweicloud.com"),
        ("flexibleengine", "eu-west-0", "obs", "https://oss.eu-west-0.prod-cloud-ocb.orange-business.com"),
        ("g42cloud", "ae-ad-1", "evs", "https://evs.ae-ad-1.g42cloud.com"),
    ],
)
def test_a_cloud_is_selected_by_its_name_or_its_domain(cloud: str, region: str, service: str, url: str) -> None:
    assert url == getattr(urls(region, {"cloud": cloud}), service)
    assert url == getattr(urls(region, {}, {"HW_CLOUD": cloud}), service)


@pytest.mark.recovery("`The region '…' is not one of …`")
def test_the_region_of_another_cloud_is_refused_with_that_cloud() -> None:
    with pytest.raises(UnknownRegion, match=r"'cn-north-4' is not one of Open Telekom Cloud \(cloud: otc\)") as raised:
        urls("cn-north-4", {"cloud": "otc"})

    assert "use one of eu-ch2, eu-de, eu-nl, or set cloud to huaweicloud, which has that region" == raised.value.hint


def test_a_region_of_no_cloud_is_refused_without_advice_on_the_cloud() -> None:
    with pytest.raises(UnknownRegion) as raised:
        urls("mars", {"cloud": "otc"})

    assert "use one of eu-ch2, eu-de, eu-nl" == raised.value.hint


def test_a_pattern_serves_every_region() -> None:
    endpoints = urls("region-1", {"endpoint": PRIVATE})

    assert "https://iam.region-1.example.com" == endpoints.iam
    assert "https://obs.region-1.example.com" == endpoints.obs
    assert endpoints.cloud is None
    assert dict.fromkeys(SERVICES, "endpoint") == endpoints.sources


@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        ("{service}.{region}.example.com", "https://ims.cn-north-4.example.com"),
        ("http://127.0.0.1:8080/{service}/{region}/", "http://127.0.0.1:8080/ims/cn-north-4"),
        ("https://{service}-{region}.example.com:8443", "https://ims-cn-north-4.example.com:8443"),
        ("https://{service}.example.com", "https://ims.example.com"),
    ],
)
def test_placeholders_may_be_anywhere_in_host_and_path(pattern: str, url: str) -> None:
    assert url == urls("cn-north-4", {"endpoint": pattern}).ims


def test_a_base_url_of_a_service_goes_before_cloud_and_pattern() -> None:
    for settings in ({"endpoint": PRIVATE}, {"cloud": "otc"}):
        environment = {"HW_ECS_ENDPOINT": "https://ecs.of.environment"}
        endpoints = urls("eu-de", settings, environment, ims="https://ims.of.stack", ecs="https://ecs.of.stack")

        assert ("https://ims.of.stack", "https://ecs.of.environment") == (endpoints.ims, endpoints.ecs)
        assert ("endpoints.ims", "HW_ECS_ENDPOINT") == (endpoints.sources["ims"], endpoints.sources["ecs"])


def test_a_region_needs_no_cloud_if_all_services_have_base_urls() -> None:
    all_set = {f"HW_{name.upper()}_ENDPOINT": "http://127.0.0.1:1" for name in SERVICES}

    for environment in ({}, {"HW_CLOUD": "otc"}, {"HW_CLOUD": "private.example.com"}):
        assert "http://127.0.0.1:1" == urls("lab-1", {}, {**all_set, **environment}).ims
    assert "http://127.0.0.1:1" == urls("lab-1", {"cloud": "otc"}, all_set).ims


@pytest.mark.parametrize("place", ["settings", "environment"])
@pytest.mark.parametrize(
    ("cloud", "words"),
    [
        ("otcc", r"names a cloud 'otcc' that is not known; the known ones are huaweicloud, .*otc"),
        ("a b\n", "names a cloud that is not known"),
    ],
)
def test_an_unknown_cloud_is_refused_with_the_known_ones(place: str, cloud: str, words: str) -> None:
    given = ({"cloud": cloud}, {}) if place == "settings" else ({}, {"HW_CLOUD": cloud})

    with pytest.raises(InvalidSetting, match=words) as raised:
        urls("eu-de", *given)

    assert ("cloud" if place == "settings" else "HW_CLOUD") == raised.value.setting
    assert PRIVATE in raised.value.hint


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("https://ims.example.com", r"does not contain \{service\}"),
        ("https://{Service}.example.com", r"does not contain \{service\}"),
        ("https://{service}.{project}.example.com", "a placeholder other than"),
        ("https://me:pr1vate@{service}.example.com", "is not a base URL"),
        ("ftp://{service}.example.com", "is not a base URL"),
        ("https://{service}.example.com?x=1", "is not a base URL"),
        ("https://{service} .example.com", "is not a base URL"),
        ("https://{service}.example.com/v2", "must be the base URL alone"),
        ("https://{service}.{region.example.com", "is not a base URL"),
    ],
)
def test_a_malformed_pattern_is_refused_without_being_shown(pattern: str, words: str) -> None:
    for given, setting in (({"endpoint": pattern}, {}), "endpoint"), (({}, {"HW_ENDPOINT": pattern}), "HW_ENDPOINT"):
        with pytest.raises(InvalidSetting, match=words) as raised:
            find_deployment(*given)

        assert setting == raised.value.setting
        assert "pr1vate" not in f"{raised.value} {raised.value.hint}"


def test_cloud_and_pattern_in_one_place_are_refused() -> None:
    with pytest.raises(InvalidSetting, match="endpoint is set together with cloud"):
        find_deployment({"cloud": "otc", "endpoint": PRIVATE}, {})
    with pytest.raises(InvalidSetting, match="HW_ENDPOINT is set together with HW_CLOUD"):
        find_deployment({}, {"HW_CLOUD": "otc", "HW_ENDPOINT": PRIVATE})


def test_the_environment_decides_alone() -> None:
    assert PRIVATE == find_deployment({"cloud": "otc"}, {"HW_ENDPOINT": PRIVATE}).pattern
    assert "otc" == getattr(find_deployment({"endpoint": "no pattern"}, {"HW_CLOUD": "otc"}).cloud, "name", "")


def test_what_is_not_documented_is_marked_so() -> None:
    sources = [source for cloud in CLOUDS for area in cloud.areas for source in area.sources]

    assert all(re.match("Not documented: ", source) for source in sources if "not documented" in source.lower())
