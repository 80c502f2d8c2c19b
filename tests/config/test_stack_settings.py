"""A stack's configuration as a whole: regions of builds, and all problems at once, each with its key."""

import pytest

from config.stack_settings import validate
from tests.config.build_problems import BUILD
from tests.config.stack_problems import ELSEWHERE, KEY, builds, faults, lines


def test_builds_go_to_the_regions_that_they_name_in_the_order_of_the_configuration():
    entries = {"far": {"endpoints": ELSEWHERE, "servers_at_once": 2}, "team": {"region": "cn-north-4"}}

    settings = validate({"builds": builds("far", None, "eu-west-101", "far", "team"), "regions": entries}, KEY)

    assert [] == lines(settings)
    assert {"far": [0, 3], "cn-north-4": [1], "eu-west-101": [2], "team": [4]} == {
        region: [build.index for build in listed] for region, listed in settings.to_check.items()
    }
    assert "cn-north-4" == settings.regions.id_of("team")


def test_the_region_of_the_defaults_is_that_of_builds_that_name_none():
    settings = validate({"builds": builds(None, "cn-north-1"), "defaults": {"region": "eu-west-101"}}, KEY)

    assert ["eu-west-101", "cn-north-1"] == [*settings.to_check]


def test_what_is_recorded_of_a_stack_with_one_region_does_not_name_it_in_each_build():
    (build,) = validate({"builds": builds(None)}, KEY).to_check["cn-north-4"]

    assert "region" not in build.model_dump()


def test_a_region_may_have_its_own_limit():
    entries = {"cn-north-1": {"servers_at_once": 2}}

    regions = validate({"builds": builds(None), "servers_at_once": "7", "regions": entries}, KEY).regions

    assert (2, 7) == (regions.servers_at_once("cn-north-1"), regions.servers_at_once("cn-north-4"))


@pytest.mark.parametrize(
    ("values", "key", "words"),
    [
        ({"builds": builds(None, None, None, "mars")}, "builds[3].region", "'mars' is not known"),
        ({"defaults": {"region": "mars"}}, "defaults.region", "'mars' is not known"),
        ({"region": "mars"}, "region", "'mars' is not known"),
        ({"builds": [{**BUILD, "region": 5}]}, "builds[0].region", "string"),
        ({"regions": ["cn-north-1"]}, "regions", "must map"),
        ({"regions": {"cn-north-1": "x"}}, "regions.cn-north-1", "dictionary"),
        ({"regions": {"cn-north-1": {"project": "x"}}}, "regions.cn-north-1.project", "did you mean 'project_"),
        ({"regions": {"cn-north-1": {"endpoints": {"s3": "x"}}}}, "regions.cn-north-1.endpoints.s3", "known key"),
        (
            {"regions": {"cn-north-1": {"endpoints": {"ims": "ftp://x"}}}},
            "regions.cn-north-1.endpoints.ims",
            "base URL",
        ),
        ({"regions": {"far": {"endpoints": {"ims": "x"}}}}, "regions.far.endpoints", "iam, ecs, evs, vpc, obs"),
        ({"regions": {"cn-north-1": {"servers_at_once": 0}}}, "regions.cn-north-1.servers_at_once", "equal to 1"),
        ({"servers_at_once": 0}, "servers_at_once", "equal to 1"),
        ({"servers_at_once": "many"}, "servers_at_once", "integer"),
        ({"image_tasks_at_once": -1}, "image_tasks_at_once", "equal to 1"),
        ({"polls_per_second": 51}, "polls_per_second", "less than or equal to 50"),
        ({"polls_per_second": 0.5}, "polls_per_second", "whole number"),
        ({"endpoints": {"s3": "x"}}, "endpoints", "iam, ims"),
        ({"regoin": "x"}, "regoin", "'region'"),
    ],
)
def test_a_fault_names_its_key(values, key, words):
    (fault,) = faults(**values)

    assert fault.startswith(f"{key}: ")
    assert words in fault


def test_all_problems_are_reported_together():
    listed = [*builds("mars"), {**BUILD, "name": "second", "region": "venus", "min_disk": 0}]

    found = faults(builds=listed, regions={"x": {"endpoints": {"ims": "ftp://x"}}}, servers_at_once=0, prices={"x": 1})

    assert {"builds[0].region", "builds[1].region", "builds[1].min_disk", "regions.x.endpoints.ims"} <= {
        fault.partition(": ")[0] for fault in found
    }
    assert {"servers_at_once", "prices.x"} <= {fault.partition(": ")[0] for fault in found}


def test_an_entry_that_is_faulty_is_not_reported_twice():
    found = faults(builds=builds("far"), regions={"far": {"endpoints": {**ELSEWHERE, "s3": "x"}}})

    assert ["regions.far.endpoints.s3"] == [fault.partition(": ")[0] for fault in found]


def test_a_stack_without_a_region_of_its_own_needs_none_where_each_build_names_one():
    nowhere = {key: value for key, value in KEY.items() if key != "HW_REGION_NAME"}

    assert [] == lines(validate({"builds": builds("cn-north-1", "cn-north-4")}, nowhere))
    (fault,) = lines(validate({"builds": builds("cn-north-1", None)}, nowhere))
    assert fault.startswith("region: is missing")


def test_a_region_that_cannot_be_used_leaves_the_others_to_the_preflight():
    settings = validate({"builds": builds("mars", "cn-north-1")}, KEY)

    assert ["cn-north-1"] == [*settings.to_check]
    assert ["build-1"] == [build.name for build in settings.builds]


def test_without_a_sign_in_nothing_is_checked():
    settings = validate({"builds": builds(None)}, {"HW_REGION_NAME": "cn-north-4", "HOME": "/nonexistent"})

    assert {} == settings.to_check
    assert ["credentials"] == [fault.partition(": ")[0] for fault in lines(settings)]


STRUCTURED = ("builds", "defaults", "regions", "prices", "endpoints")


@pytest.mark.parametrize("word", ["yes", "a: b", 5, True, 0, False])
@pytest.mark.parametrize("key", STRUCTURED)
def test_a_word_for_a_structured_setting_is_one_fault_among_all_others(key, word):
    other = {"defaults": {"flavour": "x"}} if key == "prices" else {"prices": {"x": 1}}

    found = faults(**{**other, key: word})

    assert 1 == sum(fault.startswith(f"{key}: must ") for fault in found), found
    assert 2 == len(found), found
    assert not any("a: b" in fault for fault in found)


@pytest.mark.parametrize("empty", [None, ""])
@pytest.mark.parametrize("key", STRUCTURED[1:])
def test_a_structured_setting_that_is_left_empty_is_absent(key, empty):
    assert [] == faults(**{key: empty})


@pytest.mark.parametrize("empty", [None, "", [], {}])
def test_without_builds_there_is_one_fault(empty):
    assert ["builds: must be a list with at least one build"] == faults(builds=empty)


@pytest.mark.parametrize(
    "values",
    [
        {"regions": {"cn-north-1": None}},
        {"regions": {"cn-north-1": {"endpoints": None, "servers_at_once": None}}},
        {"regions": {"cn-north-1": {"endpoints": {"ims": None}}}},
        {"endpoints": {"ims": None}},
        {"prices": {"flavors": None, "volumes": {"SSD": None}, "currency": None}},
        {"prices": {"flavors": {"s6.large.2": "0.5"}}},
    ],
)
def test_what_is_left_empty_inside_is_absent_too(values):
    assert [] == faults(**values)


@pytest.mark.parametrize("price", [-1, -0.01, float("nan"), float("inf"), "inf", "1e400", True, "cheap", [1], {"a": 1}])
@pytest.mark.parametrize("where", ["flavors.s6", "volumes.SSD", "image_gib_month"])
def test_a_price_is_a_finite_number_that_is_not_negative(price, where):
    outer, _, inner = where.partition(".")

    (fault,) = faults(prices={outer: {inner: price} if inner else price})

    assert fault.startswith(f"prices.{where}: ")


@pytest.mark.parametrize("minutes", ["-1", "0", "nan", "inf", "true", True, "1e9", "soon"])
def test_the_estimate_is_a_number_of_minutes(minutes):
    (fault,) = faults(estimated_minutes=minutes)

    assert fault.startswith("estimated_minutes: ")


@pytest.mark.parametrize("number", ["true", True, "7.5", "1_0", " 7", "0x7", "1e1", "", 7.5])
def test_a_limit_is_a_whole_number(number):
    found = faults(servers_at_once=number)

    assert ([] if number == "" else ["servers_at_once"]) == [fault.partition(": ")[0] for fault in found]


@pytest.mark.parametrize("url", [5, True, ["https://x"], {"url": "https://x"}])
def test_an_endpoint_that_is_no_text_is_a_fault_of_its_key(url):
    assert ["endpoints.ims"] == [fault.partition(": ")[0] for fault in faults(endpoints={"ims": url})]
    assert any(
        fault.startswith("regions.cn-north-1.endpoints.ims: ")
        for fault in faults(regions={"cn-north-1": {"endpoints": {"ims": url}}})
    )


@pytest.mark.parametrize("key", ["region", "project_name", "password", "preflight", "servers_at_once"])
def test_a_list_for_a_single_value_is_a_fault_that_does_not_show_it(key):
    found = faults(**{key: ["hunter2"]})

    assert [f"{key}: must be a single value, not a list or a mapping"] == found


@pytest.mark.recovery("`HW_ACCESS_KEY: holds characters that no key has`")
@pytest.mark.parametrize(
    ("variables", "setting"),
    [
        ({"REQUESTS_CA_BUNDLE": "/nonexistent.pem"}, "REQUESTS_CA_BUNDLE"),
        ({"SSL_CERT_FILE": __file__}, "SSL_CERT_FILE"),
        ({"CURL_CA_BUNDLE": "/dev/null"}, "CURL_CA_BUNDLE"),
        ({"https_proxy": "htp://me:pass-word@proxy:1"}, "https_proxy"),
        ({"ALL_PROXY": "http://me:pass-word@"}, "ALL_PROXY"),
        ({"HW_IMS_ENDPOINT": "http://a b"}, "HW_IMS_ENDPOINT"),
        ({"HW_AUTH_URL": "https://iam.example.com/v2"}, "HW_AUTH_URL"),
        ({"HW_ACCESS_KEY": "a\u2011key"}, "HW_ACCESS_KEY"),
        ({"HW_SECRET_KEY": "a\nsecret"}, "HW_SECRET_KEY"),
        ({"HW_SECRET_KEY": "pass-word\udcff"}, "HW_SECRET_KEY"),
        ({"HW_SECURITY_TOKEN": "to ken"}, "HW_SECURITY_TOKEN"),
        (
            {"HW_ACCESS_KEY": "", "HW_USER_NAME": "u\x00", "HW_USER_PASSWORD": "p", "HW_DOMAIN_NAME": "d"},
            "HW_USER_NAME",
        ),
        (
            {"HW_ACCESS_KEY": "", "HW_USER_NAME": "u", "HW_USER_PASSWORD": "pass-word\udcff", "HW_DOMAIN_NAME": "d"},
            "HW_USER_PASSWORD",
        ),
        ({"HW_ASSUME_ROLE_AGENCY_NAME": "a\nb", "HW_ASSUME_ROLE_DOMAIN_NAME": "d"}, "HW_ASSUME_ROLE_AGENCY_NAME"),
        ({"HW_ACCESS_KEY": "", "HW_SHARED_CONFIG_FILE": "/nonexistent.json"}, "HW_SHARED_CONFIG_FILE"),
        ({"HW_ACCESS_KEY": "", "HW_SHARED_CONFIG_FILE": "/"}, "HW_SHARED_CONFIG_FILE"),
        ({"HW_ACCESS_KEY": "", "HW_SHARED_CONFIG_FILE": __file__}, "HW_SHARED_CONFIG_FILE"),
        ({"HW_ACCESS_KEY": "", "HW_SHARED_CONFIG_FILE": "~nobody-at-all/x"}, "HW_SHARED_CONFIG_FILE"),
        ({"HW_ACCESS_KEY": "", "HW_SHARED_CONFIG_FILE": "x" * 5000}, "HW_SHARED_CONFIG_FILE"),
        ({"HW_ACCESS_KEY": "", "HW_SHARED_CONFIG_FILE": "a\x00b"}, "HW_SHARED_CONFIG_FILE"),
        ({"HW_PROJECT_ID": "an\nid"}, "HW_PROJECT_ID"),
        ({"HW_PROJECT_ID": "идентификатор"}, "HW_PROJECT_ID"),
        ({"HW_PROJECT_NAME": "na\x1bme"}, "HW_PROJECT_NAME"),
    ],
)
def test_a_mistake_in_the_environment_is_one_fault_under_its_variable(variables, setting):
    found = lines(validate({"builds": builds(None)}, {**KEY, **variables}))

    assert [setting] == [fault.partition(": ")[0] for fault in found], found
    assert "pass-word" not in found[0]


@pytest.mark.parametrize(
    ("values", "setting"),
    [
        ({"access_key": "a key", "secret_key": "b"}, "access_key"),
        ({"access_key": "a", "secret_key": "pass-word\n"}, "secret_key"),
        ({"access_key": "a", "secret_key": "b", "security_token": "é"}, "security_token"),
        ({"user_name": "u", "password": "pass-word\x07", "domain_name": "d"}, "password"),
        ({"access_key": "a", "secret_key": "b", "project_id": "a b"}, "project_id"),
        ({"access_key": "a", "secret_key": "b", "endpoints": {"ims": "https://x/v2"}}, "endpoints.ims"),
    ],
)
def test_a_mistake_in_the_configuration_is_one_fault_under_its_key(values, setting):
    found = lines(validate({"builds": builds(None), **values}, {"HW_REGION_NAME": "cn-north-4"}))

    assert [setting] == [fault.partition(": ")[0] for fault in found], found
    assert "pass-word" not in found[0]


@pytest.mark.parametrize(
    ("values", "are_used"),
    [
        ({}, False),
        ({"builds": [{**BUILD, "enterprise_project_id": "0"}]}, True),
        ({"builds": [BUILD, {**BUILD, "name": "b", "enterprise_project_id": "an-id"}]}, True),
        ({"defaults": {"enterprise_project_id": "an-id"}}, True),
        ({"defaults": {"enterprise_project_id": None}}, False),
    ],
)
def test_lists_name_enterprise_projects_where_a_build_has_one(values, are_used):
    assert are_used == ("enterprise_projects" in validate({"builds": builds(None), **values}, KEY).sign_in)
