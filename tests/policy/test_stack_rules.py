"""Each rule for stacks: accepted resources and violations."""

from dataclasses import replace
from typing import Any

import pytest

from policy.rule import OsInstallation, StackRule, TempServerTeardown, limits_of
from policy.rules import ALL
from tests.policy.stack_resources import build, preflight, with_test

RULES = {rule.id: rule for rule in ALL if isinstance(rule, StackRule)}
PRICES = {"currency": "EUR", "flavors": {"s6.large.2": 0.1}, "volumes": {"SSD": 0.001}}


def violations(rule_id, resources, **limits: Any) -> list[str]:
    """Return the violations of a rule by the resources of its kinds, without dependencies on others."""
    rule = RULES[rule_id]
    urns = {resource.urn for resource in resources if resource.kind in rule.kinds}
    seen = [
        replace(
            resource,
            property_dependencies={
                key: [urn for urn in others if urn in urns] for key, others in resource.property_dependencies.items()
            },
            dependencies=[urn for urn in resource.dependencies if urn in urns],
        )
        for resource in resources
        if resource.urn in urns
    ]
    return [violation.message for violation in rule.evaluate(seen, limits_of(rule, limits))]


@pytest.mark.parametrize("rule_id", RULES)
def test_two_builds_by_the_component_are_right(rule_id):
    assert [] == violations(rule_id, [*build(1), *build(2)])


def test_a_server_without_teardown_is_named():
    resources = [resource for resource in [*build(1), *build(2)] if resource.urn != "urn:teardown-2"]

    (violation,) = violations("stack-teardown", resources)

    assert "'debian-2'" in violation


def test_an_image_that_does_not_wait_for_the_installation_is_named():
    resources = [resource for resource in build() if resource.kind != OsInstallation]

    (violation,) = violations("stack-capture-waits-for-installation", resources)

    assert "'debian-1'" in violation


def test_the_installation_of_another_server_is_not_enough():
    first, second = build(1), build(2)
    second[3] = replace(second[3], dependencies=["urn:server-2", "urn:installation-1"])

    assert 1 == len(violations("stack-capture-waits-for-installation", [*first, *second]))


def test_a_teardown_that_does_not_wait_for_the_image_is_named():
    resources = [
        replace(resource, property_dependencies={"server_id": ["urn:server-1"]}, dependencies=["urn:server-1"])
        if resource.kind == TempServerTeardown
        else resource
        for resource in build()
    ]

    assert 1 == len(violations("stack-teardown-waits-for-capture", resources))


def test_builds_that_write_the_same_image_name_are_named():
    elsewhere = build(4, image={"name": "golden", "region": "lab-2"})
    resources = [*build(1, image={"name": "golden"}), *build(2, image={"name": "golden"}), *build(3), *elsewhere]

    (violation,) = violations("stack-image-names", resources)

    assert "'debian-1', 'debian-2'" in violation
    assert "'golden'" in violation


def test_both_disks_must_hold_min_disk_of_the_iso_image():
    found = violations("stack-disks-fit-iso-image", build(iso={"min_disk": 40.0}))

    assert ["root_volume.size", "data_volumes[0].size"] == [violation.split(" of ")[0] for violation in found]
    assert all("40 GiB" in violation for violation in found)


def test_a_flavor_for_another_architecture_than_the_iso_image_is_named():
    (violation,) = violations("stack-architectures", build(iso={"architecture": "arm"}))

    assert "x86 flavor 's6.large.2'" in violation
    assert "arm" in violation


def test_servers_take_turns_where_the_quota_leaves_room_for_one_and_are_refused_where_it_leaves_none():
    resources = [*build(1), *build(2)]

    (violation,) = violations("stack-server-quota", [*resources, preflight(servers_left=0)])

    assert "2 temporary servers in lab-1, but the quota leaves none" in violation
    assert [] == violations("stack-server-quota", [*resources, preflight(servers_left=1)])
    assert [] == violations("stack-server-quota", [*resources, preflight(servers_left=0, region="lab-2")])


def test_a_region_without_quota_is_named_once_although_each_build_has_its_own_preflight():
    resources = [*build(1), *build(2), preflight(servers_left=1), preflight(servers_left=0)]

    (violation,) = violations("stack-server-quota", resources)

    assert "2 temporary servers in lab-1, but the quota leaves none" in violation


def test_only_servers_that_may_be_alive_together_count():
    resources = [*build(1), *build(2), *build(3), *build(4, server={"region": "lab-2"}), preflight(servers_at_once=1.0)]

    assert [] == violations("stack-server-quota", resources, max_servers=2.0)
    assert 1 == len(violations("stack-server-quota", resources, max_servers=1.0))
    assert [] == violations("stack-hourly-cost", resources, max_per_hour=0.27, prices=PRICES)
    assert 1 == len(violations("stack-hourly-cost", resources, max_per_hour=0.25, prices=PRICES))


def test_more_servers_than_are_configured_are_refused():
    assert 1 == len(violations("stack-server-quota", [*build(1), *build(2)], max_servers=1.0))
    assert [] == violations("stack-server-quota", [*build(1), *build(2)], max_servers=2.0)


def test_a_server_that_is_gone_counts_no_more():
    gone = build(1, teardown={"server_status": "deleted"})

    assert [] == violations("stack-server-quota", [*gone, *build(2), preflight(servers_left=1)])
    assert [] == violations("stack-hourly-cost", [*gone, *build(2)], max_per_hour=0.2, prices=PRICES)


def test_a_build_costs_as_much_as_the_dearer_of_its_two_servers():
    prices = {**PRICES, "flavors": {"s6.large.2": 0.1, "c6.large.2": 1.0, "s6.small.1": 0.01}}
    small, large = with_test(flavor="s6.small.1"), with_test(flavor="c6.large.2")

    assert [] == violations("stack-hourly-cost", [*build(), *small], max_per_hour=0.27, prices=prices)
    assert 1 == len(violations("stack-hourly-cost", [*build(), *large], max_per_hour=0.99, prices=prices))
    ended = with_test(flavor="c6.large.2", ended=True)
    assert [] == violations("stack-hourly-cost", [*build(), *ended], max_per_hour=0.27, prices=prices)
    (violation,) = violations("stack-hourly-cost", [*build(), *with_test(flavor="x1")], max_per_hour=9, prices=prices)
    assert "the price table lacks the flavor or a disk type of 'debian-1'" in violation


def test_the_server_of_a_test_needs_quota_when_the_temporary_one_is_gone():
    gone = build(teardown={"server_status": "deleted"})

    assert [] == violations("stack-server-quota", [*gone, *with_test(), preflight(servers_left=1)])
    assert 1 == len(violations("stack-server-quota", [*gone, *with_test(), preflight(servers_left=0)]))
    assert [] == violations("stack-server-quota", [*gone, *with_test(ended=True), preflight(servers_left=0)])
    assert [] == violations("stack-server-quota", [*build(), *with_test()], max_servers=1.0)


def test_a_stack_that_costs_too_much_per_hour_is_refused():
    (violation,) = violations("stack-hourly-cost", [*build(1), *build(2)], max_per_hour=0.2, prices=PRICES)

    assert "cost 0.26 EUR per hour (allowed: 0.20 EUR)" in violation


def test_what_has_no_price_is_named():
    (violation,) = violations("stack-hourly-cost", build(), max_per_hour=1.0, prices={"currency": "EUR"})

    assert "'debian-1'" in violation


def test_without_an_upper_bound_nothing_is_asked():
    assert [] == violations("stack-hourly-cost", build())


def test_what_is_not_known_yet_is_passed_over():
    resources = [replace(resource, properties={}) for resource in [*build(1), *build(2)]]

    for rule_id in RULES:
        assert [] == violations(rule_id, resources, **({"max_servers": 5.0} if rule_id == "stack-server-quota" else {}))
