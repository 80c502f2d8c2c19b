"""Requirements on flavors that boot an ISO image."""

import pytest

from preflight.flavor_requirements import mismatches

GOOD = {
    "vcpus": 2,
    "ram_mib": 4096,
    "performance_type": "normal",
    "virtualization": "KVM",
    "architecture": "x86",
    "status": "normal",
}


def test_two_vcpus_and_four_gib_of_general_computing_fit():
    assert [] == mismatches(GOOD)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"vcpus": 1}, "1 vCPU,"),
        ({"vcpus": 4}, "4 vCPUs"),
        ({"ram_mib": 2048}, "2048 MiB"),
        ({"performance_type": "computingv3"}, "computingv3"),
        ({"virtualization": "XEN"}, "XEN"),
        ({"status": "sellout"}, "sellout"),
    ],
)
def test_what_does_not_fit_is_named(changes, words):
    (mismatch,) = mismatches({**GOOD, **changes})

    assert words in str(mismatch)


def test_a_flavor_for_another_processor_does_not_fit():
    (mismatch,) = mismatches({**GOOD, "architecture": "arm", "performance_type": "kunpeng_computing"}, "x86")

    assert "arm" in str(mismatch)


def test_what_the_cloud_does_not_say_is_left_to_the_service():
    assert [] == mismatches({"vcpus": 2.0, "ram_mib": 8192.0})


def test_all_that_does_not_fit_is_named_at_once():
    assert 2 == len(mismatches({**GOOD, "vcpus": 1, "ram_mib": 1024}))
