"""Problems of builds in the configuration: all at once, each with its key."""

from typing import Any

import pytest

from config import build_reading
from config.builds import BuildSettings
from config.stack_settings import validate

BUILD = {
    "name": "debian",
    "image_name": "debian-12",
    "image_url": "images:debian-12.iso",
    "os_version": "Debian GNU/Linux 10.0.0 64bit",
    "min_disk": 10,
    "flavor": "s6.large.2",
    "availability_zone": "lab-1a",
    "vpc_id": "a-vpc",
    "subnet_id": "a-subnet",
    "root_volume": {"volumetype": "SSD", "size": 10},
    "data_volumes": [{"volumetype": "SSD", "size": 10}],
}


def read_builds(builds: list[Any], defaults: dict[str, Any] | None) -> tuple[list[BuildSettings], list[str]]:
    """Return the builds without problems, and the problems as lines."""
    good, problems = build_reading.read_builds(builds, defaults)
    return good, [str(problem) for problem in problems]


def faults_of(**changes):
    return read_builds([{**BUILD, **changes}], {})[1]


def test_a_complete_build_has_no_fault():
    builds, faults = read_builds([BUILD], {})

    assert faults == []
    assert [build.name for build in builds] == ["debian"]


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ({"image_name": ""}, "image_name", "1 to 128"),
        ({"image_name": "a" * 129}, "image_name", "1 to 128"),
        ({"image_name": " a"}, "image_name", "space"),
        ({"image_name": "a/b"}, "image_name", "letters"),
        ({"image_url": "debian.iso"}, "image_url", "<bucket>:<object>"),
        ({"image_url": "images:debian.img"}, "image_url", ".iso"),
        ({"image_url": "images:a b.iso"}, "image_url", "spaces"),
        ({"min_disk": 0}, "min_disk", "greater"),
        ({"min_disk": 1025}, "min_disk", "less"),
        ({"min_disk": 20}, "root_volume", "min_disk, 20 GiB"),
        ({"min_disk": 20}, "data_volumes", "min_disk, 20 GiB"),
        ({"data_volumes": []}, "data_volumes", "exactly one data disk"),
        ({"data_volumes": [{"volumetype": "SSD", "size": 10}] * 2}, "data_volumes", "exactly one data disk"),
        ({"data_volumes": [{"volumetype": "floppy", "size": 10}]}, "data_volumes[0].volumetype", "SAS"),
        ({"root_volume": {"volumetype": "SSD", "size": 2000}}, "root_volume.size", "1024"),
        ({"architecture": "arm", "hw_firmware_type": "bios"}, "hw_firmware_type", "uefi"),
        ({"tags": {f"k{n}": "v" for n in range(10)}}, "tags", "at most 9"),
        ({"tags": {"a=b": "v"}}, "tags", "letters"),
        ({"tags": {"image-from-iso": "anything"}}, "tags", "reserved for the ownership tag"),
        ({"tags": {"team": "a", "Image-From-ISO": ""}}, "tags", "reserved for the ownership tag"),
        ({"flavour": "s6.large.2"}, "flavour", "not a known key"),
        ({"installation": {"mode": "magic"}}, "installation.mode", "unattended"),
        ({"name": "no spaces"}, "name", "match"),
    ],
)
def test_a_fault_names_its_key_and_the_remedy(changes, key, words):
    faults = faults_of(**changes)

    assert any(fault.startswith(f"builds[0].{key}:") and words in fault for fault in faults), faults


def test_all_problems_of_all_builds_are_reported_together():
    builds = [{**BUILD, "image_name": "", "min_disk": 0}, {"name": "second"}]

    faults = read_builds(builds, {})[1]

    assert {"builds[0].image_name", "builds[0].min_disk", "builds[1].flavor", "builds[1].image_url"} <= {
        fault.partition(":")[0] for fault in faults
    }


def test_defaults_are_shared_and_overridden():
    builds, faults = read_builds([{"name": "one"}, {"name": "two", "min_ram": 512}], {**BUILD, "min_ram": 256})

    assert faults == []
    assert [build.min_ram for build in builds] == [256, 512]


def test_two_builds_of_one_name_are_refused():
    assert read_builds([BUILD, BUILD], {})[1] == ["builds: the name 'debian' is given to more than one build"]


@pytest.mark.parametrize("value", ["", "x" * 64, "a" * 63, "sha256:" + "a" * 64, 7, ["a" * 64]])
def test_a_digest_has_64_hexadecimal_digits(value):
    faults = faults_of(iso_sha256=value)

    assert len(faults) == 1
    assert "builds[0].iso_sha256" in faults[0]


@pytest.mark.parametrize(
    ("second", "fault_count"),
    [
        ({"iso_sha256": "b" * 64}, 1),
        ({"iso_sha256": "b" * 64, "os_version": "another"}, 1),
        ({"iso_sha256": "A" * 64}, 0),
        ({}, 0),
        ({"iso_sha256": "b" * 64, "image_url": "images:other.iso"}, 0),
        ({"iso_sha256": "b" * 64, "region": "elsewhere"}, 0),
    ],
)
def test_all_builds_of_one_file_pin_the_same_digest(second, fault_count):
    first = {**BUILD, "iso_sha256": "a" * 64}

    faults = read_builds([first, {**BUILD, "name": "second", "image_name": "second", **second}], {})[1]

    assert fault_count == len(faults)
    assert all("pin different values of iso_sha256 for one file, images:debian-12.iso" in fault for fault in faults)


def test_a_change_of_disk_or_source_asks_for_a_new_build_and_a_change_of_tags_does_not():
    def triggers(**changes):
        return read_builds([{**BUILD, **changes}], {})[0][0].triggers

    assert triggers() == triggers(tags={"a": "b"}, description="other", image_name="other")
    assert triggers() != triggers(data_volumes=[{"volumetype": "SSD", "size": 11}])
    assert triggers() != triggers(image_url="images:debian-13.iso")


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


PROJECT = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("projects", "words"),
    [
        ([PROJECT, PROJECT], "each project once"),
        (["cn-north-4"], "32 hexadecimal digits"),
        (["cn-north-4_team"], "32 hexadecimal digits"),
        ([PROJECT[:-1]], "32 hexadecimal digits"),
        ([PROJECT.upper()], "32 hexadecimal digits"),
        ([f"{PROJECT[:8]}-{PROJECT[8:12]}-{PROJECT[12:16]}-{PROJECT[16:20]}-{PROJECT[20:]}"], "32 hexadecimal digits"),
        ([f"{PROJECT}\n"], "32 hexadecimal digits"),
        ([""], "32 hexadecimal digits"),
    ],
)
def test_an_image_is_shared_with_ids_of_projects_each_once(projects, words):
    (fault,) = faults_of(share_with=projects)

    assert fault.startswith("builds[0].share_with")
    assert words in fault


SECRET = "hunter2-the-secret"


@pytest.mark.parametrize(
    "builds",
    [
        SECRET,
        [SECRET],
        [[SECRET]],
        [[{**BUILD, "user_data": SECRET}]],
        [{**BUILD, "tags": {"password": [SECRET]}}],
        [{**BUILD, "tags": {"name": 5, "password": {"is": SECRET}}}],
        [{**BUILD, "tags": {"password": SECRET * 5}}],
        [{**BUILD, "tags": [SECRET]}],
        [{**BUILD, "user_data": [SECRET]}],
        [{**BUILD, "user_data": {"password": SECRET}}],
        [{**BUILD, "user_data": SECRET * 4000}],
        [{**BUILD, "user_data": 5}],
        [{**BUILD, "name": {"password": SECRET}}],
        [{**BUILD, "flavor": [SECRET]}],
        [{**BUILD, "root_volume": SECRET}],
        [{**BUILD, "root_volume": [{"password": SECRET}]}],
        [{**BUILD, "data_volumes": {"password": SECRET}}],
        [{**BUILD, "installation": {"mode": {"password": SECRET}}}],
        [{**BUILD, "description": f"<{SECRET}>"}],
        [{**BUILD, "image_url": f"https://me:{SECRET}@example.com/x.iso?Signature={SECRET}"}],
        [{**BUILD, "share_with": {"password": SECRET}}],
        [{**BUILD, "password": SECRET}],
        [{**BUILD, "rebuild": {"password": SECRET}}],
    ],
)
def test_values_of_structured_or_secret_settings_are_never_shown(builds):
    settings = validate({"region": "cn-north-4", "builds": builds}, {"HW_ACCESS_KEY": "a", "HW_SECRET_KEY": "b"})
    faults = [str(problem) for problem in settings.problems]

    assert faults
    assert not any(SECRET in fault for fault in faults), faults
    assert all(len(fault) < 700 and "\n" not in fault for fault in faults)


def test_a_value_that_is_shown_is_short_and_on_one_line():
    (fault,) = faults_of(architecture="x86\n\x1b[31m" + "y" * 500)

    assert "\n" not in fault
    assert "\x1b" not in fault
    assert len(fault) < 200


@pytest.mark.parametrize("max_ram", [0, 511, 1048577, "1024"])
def test_the_largest_memory_is_not_below_the_smallest(max_ram):
    (fault,) = faults_of(min_ram=512, max_ram=max_ram)

    assert fault.startswith("builds[0].max_ram: ")
    assert [] == faults_of(min_ram=512, max_ram=512)
