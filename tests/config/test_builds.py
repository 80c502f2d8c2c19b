"""Problems of builds in the configuration: all at once, each with its key."""

import pytest

from config.builds.checked_build import Build
from config.builds.publication import CHANNEL_KEY
from config.stack_settings import validate
from tests.config.build_problems import BUILD, faults_of, read_builds


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


@pytest.mark.parametrize(
    ("verify", "words"),
    [
        ({}, "must set `until`, a text on the console, or `port`, a TCP port, or both"),
        ({"timeout_minutes": 5}, "must set `until`"),
        ({"until": ""}, "builds[0].verify.until"),
        ({"port": 70000}, "builds[0].verify.port"),
        ({"until": "login:", "on_failure": "remove"}, "builds[0].verify.on_failure"),
        ({"until": "login:", "timeout_minutes": 0}, "builds[0].verify.timeout_minutes"),
    ],
)
def test_a_test_needs_a_sign_of_success(verify, words):
    (fault,) = faults_of(verify=verify)

    assert words in fault


@pytest.mark.parametrize(
    ("publish", "words"),
    [
        ({}, ["builds[0].publish.family", "builds[0].publish.channel"]),
        ({"family": "debian 12", "channel": "Stable"}, ["1 to 43 letters", "1 to 20 lower-case letters"]),
        ({"family": "d" * 44, "channel": "c" * 21}, ["1 to 43 letters", "1 to 20 lower-case letters"]),
        ({"family": "", "channel": ""}, ["1 to 43 letters", "1 to 20 lower-case letters"]),
        ({"family": "debian-12", "channel": "stable", "chanel": "x"}, ["builds[0].publish.chanel"]),
    ],
)
def test_the_family_and_the_channel_are_validated_together(publish, words):
    faults = faults_of(publish=publish)

    assert len(faults) == len(words)
    assert all(word in fault for word, fault in zip(words, faults, strict=True))


def test_the_longest_family_and_channel_fit_a_tag():
    assert faults_of(publish={"family": "d" * 43, "channel": "c" * 20}) == []
    assert len(f"{CHANNEL_KEY}{'c' * 20}") <= 36


def test_publication_leaves_five_tags_to_the_user():
    publish = {"family": "debian-12", "channel": "stable"}
    tags = {f"key-{number}": "" for number in range(6)}

    assert faults_of(publish=publish, tags=dict(list(tags.items())[:5])) == []
    assert faults_of(tags=tags) == []
    (fault,) = faults_of(publish=publish, tags=tags)
    assert "at most 5 tags in a build with `publish`" in fault


@pytest.mark.parametrize("key", ["image-family", "Image-Channel-stable"])
def test_the_keys_of_publication_are_reserved_in_a_build_that_is_published(key):
    (fault,) = faults_of(publish={"family": "debian-12", "channel": "stable"}, tags={key: "x"})

    assert "is reserved for publication" in fault
    assert faults_of(tags={key: "x"}) == []


def test_two_builds_of_a_region_do_not_share_a_channel():
    publish = {"publish": {"family": "debian-12", "channel": "stable"}}
    other = {"publish": {"family": "debian-12", "channel": "candidate"}}

    _, (problem,) = read_builds([{**BUILD, **publish}, {**BUILD, **publish, "name": "b"}], {})
    _, elsewhere = read_builds([{**BUILD, **publish}, {**BUILD, **publish, "name": "b", "region": "r"}], {})
    _, beside = read_builds([{**BUILD, **publish}, {**BUILD, **other, "name": "b"}], {})

    assert "publish to channel 'stable' of family 'debian-12'" in problem
    assert elsewhere == beside == []


def test_a_build_without_a_test_records_none():
    (build,), _ = read_builds([BUILD], {})

    assert "verify" not in Build.of(build).model_dump(mode="json", exclude_none=True)
