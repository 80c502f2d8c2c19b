"""Values of a build's settings: words for structures, values that are left empty, and numbers."""

import pytest

from tests.config.build_problems import BUILD, faults_of, read_builds

WORDS = ("a word", 5, True)
MAPPINGS = ("root_volume", "installation", "tags")
LISTS = ("data_volumes", "security_group_ids", "share_with")


@pytest.mark.parametrize("value", WORDS)
@pytest.mark.parametrize("key", [*MAPPINGS, *LISTS])
def test_a_word_for_a_mapping_or_a_list_is_one_fault_with_its_key(key, value):
    (fault,) = faults_of(**{key: value})

    assert fault.startswith(f"builds[0].{key}: must be a ")
    assert "a word" not in fault


@pytest.mark.parametrize(
    "key", ["installation", "tags", "security_group_ids", "share_with", "description", "user_data"]
)
def test_what_is_left_empty_is_absent(key):
    builds, faults = read_builds([{**BUILD, key: None}], {})

    assert faults == []
    assert builds == read_builds([BUILD], {})[0]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"root_volume": None}, "root_volume"),
        ({"data_volumes": None}, "data_volumes"),
        ({"root_volume": {"volumetype": "SSD", "size": None}}, "root_volume.size"),
        ({"data_volumes": [{"volumetype": None, "size": 10}]}, "data_volumes[0].volumetype"),
        ({"name": None}, "name"),
    ],
)
def test_what_is_left_empty_and_needed_is_missing(changes, key):
    (fault,) = faults_of(**changes)

    assert fault.startswith(f"builds[0].{key}: is missing")


def test_a_build_may_leave_empty_what_all_others_have():
    builds, faults = read_builds([{**BUILD, "hw_firmware_type": None}], {"hw_firmware_type": "uefi", "tags": None})

    assert faults == []
    assert builds[0].hw_firmware_type is None


def test_an_empty_value_of_a_tag_is_a_value():
    assert faults_of(tags={"team": ""}) == []
    assert faults_of(tags={"team": None})[0].startswith("builds[0].tags.team: ")


@pytest.mark.parametrize("value", [True, False, "40", "forty", 40.5, float("nan"), float("inf"), -1, [40], {"gib": 40}])
@pytest.mark.parametrize("key", ["min_disk", "min_ram", "keep_images"])
def test_a_whole_number_is_one(key, value):
    (fault,) = faults_of(**{key: value})

    assert fault.startswith(f"builds[0].{key}: ")


@pytest.mark.parametrize("value", [True, "40", 40.5, float("inf"), "40 GiB", 0, -40])
def test_the_size_of_a_disk_is_a_whole_number(value):
    keys = [fault.partition(": ")[0] for fault in faults_of(root_volume={"volumetype": "SSD", "size": value})]

    assert keys == ["builds[0].root_volume.size"]


@pytest.mark.parametrize("value", [True, "soon", float("nan"), float("inf"), -1, "1e400", "1_000", " 5", [5]])
@pytest.mark.parametrize("key", ["min_image_size", "installation.timeout_minutes"])
def test_a_number_is_finite_and_not_negative(key, value):
    outer, _, inner = key.partition(".")

    (fault,) = faults_of(**{outer: {inner: value} if inner else value})

    assert fault.startswith(f"builds[0].{key}: ")


def test_whole_numbers_written_as_decimals_and_decimals_as_text_are_numbers():
    builds, faults = read_builds([{**BUILD, "min_disk": 10.0, "min_image_size": "0.5"}], {})

    assert faults == []
    assert (builds[0].min_disk, builds[0].min_image_size) == (10, 0.5)


@pytest.mark.parametrize(("mib", "is_refused"), [(10240, False), (10241, True), (1048576, True)])
def test_an_image_is_never_larger_than_its_disk(mib, is_refused):
    faults = faults_of(min_image_size=mib)

    assert is_refused == any("builds[0].min_image_size: must be at most the size of the data disk" in f for f in faults)


@pytest.mark.parametrize("max_ram", [0, 511, 1048577, "1024"])
def test_the_largest_memory_is_not_below_the_smallest(max_ram):
    (fault,) = faults_of(min_ram=512, max_ram=max_ram)

    assert fault.startswith("builds[0].max_ram: ")
    assert [] == faults_of(min_ram=512, max_ram=512)
