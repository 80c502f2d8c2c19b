"""Conversion between the engine's properties and typed models."""

import pytest
from pulumi.output import UNKNOWN, Unknown

from providers.runtime.properties import Properties, check, diff, parse


class Disk(Properties):
    size: int
    name: str = "data"


class Thing(Properties):
    region: str
    disks: list[Disk]
    limit: int | None = None


BAG = {"region": "r", "disks": [{"size": 40.0}], "__provider": "x"}


def test_numbers_that_came_as_floats_are_whole_again_and_defaults_are_filled_in():
    result = check(Thing, BAG)

    assert [] == result.failures
    assert {"region": "r", "disks": [{"size": 40, "name": "data"}]} == result.inputs


def test_every_fault_is_reported_with_its_property():
    result = check(Thing, {"disks": [{"size": "big", "nam": "x"}], "colour": "red", "limits": 1})

    reasons = {failure.property: failure.reason for failure in result.failures}
    assert "disks.0.size" in reasons
    assert {
        "region": "is missing",
        "colour": "is not a known key; the known ones are disks, limit, region",
        "limits": "is not a known key; did you mean 'limit'?",
        "disks.0.nam": "is not a known key; did you mean 'name'?",
    }.items() <= reasons.items()


@pytest.mark.parametrize("unknown", [UNKNOWN, [{"size": Unknown()}]])
def test_what_is_not_known_yet_is_passed_over_and_kept(unknown):
    result = check(Thing, {**BAG, "disks": unknown})

    assert [] == result.failures
    assert unknown is result.inputs["disks"]
    assert "r" == result.inputs["region"]


def test_faults_beside_unknown_values_are_still_found():
    result = check(Thing, {"region": 7, "disks": UNKNOWN})

    assert ["region"] == [f.property for f in result.failures]


def test_diff_reads_its_tables_only():
    olds = {"size": 40.0, "name": "a", "made": 1}

    assert (False, []) == _diff(olds, {"size": 40, "name": "a", "other": 2})
    assert (True, ["size"]) == _diff(olds, {"size": 41, "name": "a"})
    assert (True, []) == _diff(olds, {"size": 40, "name": "b"})
    assert (True, ["size"]) == _diff(olds, {"size": UNKNOWN, "name": "a"})


def _diff(olds, news):
    result = diff(olds, news, replace_on=("size",), update_on=("name",))
    return result.changes, result.replaces


def test_outputs_in_the_bag_do_not_disturb_the_inputs_model():
    assert Thing(region="r", disks=[Disk(size=40)]) == parse(Thing, {**BAG, "server_id": "s"})
