"""Slots for the builds of each region."""

import pytest

from components.scheduling import slot_counts


@pytest.mark.parametrize(
    ("builds", "limits", "capacity", "slots"),
    [
        ({"a": 6}, {"a": None}, None, {"a": 6}),
        ({"a": 6}, {"a": 2}, None, {"a": 2}),
        ({"a": 6}, {"a": 20}, None, {"a": 6}),
        ({"a": 6}, {"a": None}, 4, {"a": 4}),
        ({"a": 6}, {"a": 2}, 1, {"a": 1}),
        ({"a": 100, "b": 100}, {"a": 2, "b": None}, 30, {"a": 2, "b": 28}),
        ({"a": 100, "b": 100, "c": 3}, {}, 31, {"a": 14, "b": 14, "c": 3}),
        ({"a": 5, "b": 5}, {"a": 5, "b": 5}, 1, {"a": 1, "b": 1}),
        ({}, {}, 10, {}),
    ],
)
def test_regions_share_the_capacity_and_each_has_one_slot_at_least(builds, limits, capacity, slots):
    assert slots == slot_counts(builds, limits, capacity)
