"""Values of profiles: all problems at once, no secrets in messages, nothing that an answer file would interpret."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config.answers.profiles.profile_reading import ProfileRefused, read_profile, validated

ROOT = Path(__file__).parents[4]
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGZvb2Jhcmxvbmdlbm91Z2hrZXlieXRlczEyMzQ1Njc4 me@example.com"
HASH = "$6$rounds=5000$saltsalt$" + "Aa0./" * 17


def refused(values: Any) -> str:
    with pytest.raises(ProfileRefused) as refusal:
        validated(values, "mine.yaml")
    return str(refusal.value)


def with_user(**values: Any) -> dict[str, Any]:
    return {"profile": "debian", "user": {"name": "image-admin", **values}}


@pytest.mark.parametrize("name", ["ubuntu", "anaconda", "suse"])
def test_a_name_that_only_debian_reserves_is_accepted_by_others(name: str) -> None:
    profile = validated({"profile": name, "user": {"name": "admin"}}, "mine.yaml")

    assert profile.user is not None
    assert profile.user.name == "admin"


@pytest.mark.parametrize("name", ["debian", "ubuntu", "anaconda", "suse"])
def test_a_profile_without_values_installs_to_the_data_disk(name: str) -> None:
    profile = read_profile(name)

    assert (profile.disk, profile.time_zone, profile.data_sources) == ("/dev/vdb", "UTC", ["OpenStack"])


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"profile": "arch"}, "profile: should be 'debian', 'ubuntu', 'anaconda' or 'suse'"),
        ({"profile": "debian", "pakages": []}, "pakages: is not a known key; did you mean 'packages'?"),
        (
            {"profile": "debian", "partitions": {"swapp": 1}},
            "partitions.swapp: is not a known key; did you mean 'swap'?",
        ),
        ({}, "profile: is missing"),
        (
            {"profile": "debian", "user": {"name": "admin"}},
            "user: the name 'admin' is reserved by Debian's installer, which would stop with a question",
        ),
        ({"profile": "debian", "user": {"name": "_me"}}, "user: the name '_me' is reserved by Debian's installer"),
        ({"profile": "debian", "packages": ["vim", "a b"]}, "packages[1]: must be names of packages"),
        ({"profile": "debian", "packages": ["vim\nd-i x/y string z"]}, "packages[0]: must be names of packages"),
        ({"profile": "debian", "packages": ["-kernel"]}, "packages[0]: must be names of packages"),
        ({"profile": "debian", "packages": ["x</package>"]}, "packages[0]: must be names of packages"),
        ({"profile": "debian", "packages": "vim"}, "packages: must be a list"),
        ({"profile": "debian", "time_zone": "UTC\nrootpw x"}, "time_zone: must be a time zone"),
        ({"profile": "debian", "time_zone": "UTC --nontp"}, "time_zone: must be a time zone"),
        ({"profile": "debian", "time_zone": "../../etc/passwd"}, "time_zone: must be a time zone"),
        ({"profile": "debian", "mirror": "http://user:pw@x/"}, "mirror: must be the URL of a mirror"),
        ({"profile": "debian", "mirror": "http://x/\nd-i"}, "mirror: must be the URL of a mirror"),
        ({"profile": "debian", "mirror": 'http://x/" --noverifyssl'}, "mirror: must be the URL of a mirror"),
        ({"profile": "debian", "mirror": "ftp://x/"}, "mirror: must be the URL of a mirror"),
        ({"profile": "debian", "disk": "/dev/vda"}, "disk: is the first disk; the image is made from the data disk"),
        ({"profile": "debian", "disk": "/dev/vdb; reboot"}, "disk: must be a whole disk"),
        ({"profile": "debian", "disk": "/dev/vdb1"}, "disk: must be a whole disk"),
        ({"profile": "debian", "commands": ["true\n%end"]}, "commands[0]: must be commands in one line"),
        ({"profile": "debian", "commands": ["a\u2028b"]}, "commands[0]: must be commands in one line"),
        ({"profile": "debian", "commands": [" "]}, "commands[0]: must be commands of 1 to 2000 characters"),
        ({"profile": "debian", "data_sources": ["Ec2"]}, "data_sources[0]: should be 'OpenStack'"),
        ({"profile": "debian", "partitions": {"swap": "512"}}, "partitions.swap: should be a valid integer"),
        ({"profile": "debian", "partitions": {"efi": 8}}, "partitions.efi: should be greater than or equal to 64"),
        (with_user(name="root"), "user.name: is the name of a system user"),
        (with_user(name="a:b"), "user.name: must have 1 to 32 lower-case letters"),
        (with_user(name="a\n"), "user.name: must have 1 to 32 lower-case letters"),
        (with_user(ssh_keys=["hello"]), "user.ssh_keys[0]: must be public keys in one line"),
        (with_user(ssh_keys=[KEY.replace("ed25519", "rsa", 1)]), "user.ssh_keys[0]: must be public keys in one line"),
        (with_user(ssh_keys=[f"{KEY}'; reboot"]), "user.ssh_keys[0]: must be public keys whose comment"),
        (with_user(ssh_keys=[f"{KEY}\nssh-rsa"]), "user.ssh_keys[0]: must be public keys whose comment"),
        (with_user(ssh_keys=[f'command="x" {KEY}']), "user.ssh_keys[0]: must be public keys in one line"),
        (with_user(ssh_keys=["-----BEGIN OPENSSH PRIVATE KEY-----"]), "user.ssh_keys[0]: must be public keys: this is"),
    ],
)
def test_a_value_is_refused(values: dict[str, Any], problem: str) -> None:
    message = refused(values)

    assert f"mine.yaml: 1 problem\n  {problem}" in message


@pytest.mark.parametrize(
    "secret", ["opensesame", "$1$abc$opensesameopensesame", f"{HASH}\nopensesame", "$6$x y opensesame"]
)
def test_a_password_is_refused_without_being_shown(secret: str) -> None:
    message = refused(with_user(password_hash=secret))

    assert "user.password_hash: must be a hash as `openssl passwd -6` prints it" in message
    assert "opensesame" not in message


def test_all_problems_are_shown_at_once() -> None:
    message = refused({"profile": "suse", "packages": ["a b"], "disk": "vda", "user": {"name": "ROOT"}, "x": 1})

    assert "mine.yaml: 4 problems\n" in message
    assert 4 == message.count("\n  ")


@pytest.mark.parametrize("values", [None, [], "debian", {1: 2}])
def test_another_kind_of_file_is_refused(values: Any) -> None:
    assert "mine.yaml must be a mapping of settings" in refused(values)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("user: {password_hash: opensesame", r"values\.yaml:1 is not valid YAML"),
        ("a: !!python/object/apply:os.system [reboot]", r"values\.yaml:1 is not valid YAML"),
        ("#" * 300_000, r"values\.yaml has 300000 bytes"),
    ],
    ids=["unfinished", "object", "large"],
)
def test_a_file_is_refused_without_its_content(content: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_text(content)

    with pytest.raises(ProfileRefused, match=message) as refusal:
        read_profile(str(file))
    assert "opensesame" not in str(refusal.value)


def test_an_unknown_name_lists_the_profiles() -> None:
    with pytest.raises(
        ProfileRefused, match=r"there is no profile 'debain' .*; profiles: debian, ubuntu, anaconda, suse"
    ):
        read_profile("debain")


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "iso", "profile", *map(str, arguments)]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True)


def test_the_command_shows_answers_without_the_hash_and_writes_them_with_it(tmp_path: Path) -> None:
    file, output = tmp_path / "mine.yaml", tmp_path / "debian.cfg"
    file.write_text(f"profile: debian\nuser: {{name: image-admin, password_hash: '{HASH}'}}\n")

    shown, written = command(file), command(file, "--output", output)

    assert "d-i passwd/user-password-crypted password !\n" in shown.stdout
    assert HASH not in shown.stdout + shown.stderr + written.stdout + written.stderr
    assert f"password {HASH}\n" in output.read_text()
    assert 0o600 == output.stat().st_mode & 0o777
    again = command(file, "--output", output)
    assert (1, f"iso: {output} exists: choose another output, or delete it.\n") == (again.returncode, again.stderr)
