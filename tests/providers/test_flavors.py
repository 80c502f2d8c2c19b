"""Which flavors can boot an ISO image."""

import pytest

from providers.flavors import judge

GOOD = {
    "vcpus": 2,
    "ram_mib": 4096,
    "performance_type": "normal",
    "virtualization": "KVM",
    "status": "normal",
}


def test_two_vcpus_and_four_gib_of_general_computing_fit():
    assert [] == judge(GOOD)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"vcpus": 1}, "1 vCPUs"),
        ({"vcpus": 4}, "4 vCPUs"),
        ({"ram_mib": 2048}, "2048 MiB"),
        ({"performance_type": "computingv3"}, "computingv3"),
        ({"virtualization": "XEN"}, "XEN"),
        ({"status": "sellout"}, "sellout"),
    ],
)
def test_what_does_not_fit_is_named(changes, words):
    (fault,) = judge({**GOOD, **changes})

    assert words in fault


def test_all_that_does_not_fit_is_named_at_once():
    assert 2 == len(judge({**GOOD, "vcpus": 1, "ram_mib": 1024}))
