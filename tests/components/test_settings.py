"""The configuration's faults: all at once, each with its key."""

import pytest

from components.settings import read_builds

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
        ({"flavour": "s6.large.2"}, "flavour", "not a known key"),
        ({"installation": {"mode": "magic"}}, "installation.mode", "unattended"),
        ({"name": "no spaces"}, "name", "match"),
    ],
)
def test_a_fault_names_its_key_and_the_remedy(changes, key, words):
    faults = faults_of(**changes)

    assert any(fault.startswith(f"builds[0].{key}:") and words in fault for fault in faults), faults


def test_all_faults_of_all_builds_come_together():
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


def test_a_change_of_disk_or_source_asks_for_a_new_build_and_a_change_of_tags_does_not():
    def triggers(**changes):
        return read_builds([{**BUILD, **changes}], {})[0][0].triggers

    assert triggers() == triggers(tags={"a": "b"}, description="other", image_name="other")
    assert triggers() != triggers(data_volumes=[{"volumetype": "SSD", "size": 11}])
    assert triggers() != triggers(image_url="images:debian-13.iso")
