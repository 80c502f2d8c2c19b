"""Answers of profiles: what they promise, and values that reach their installer as they are."""

import base64
import re
import shlex
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.answers.answer_files import kind_of
from config.answers.first_disk import first_disk_warnings
from config.answers.profiles.finishing import PACKAGE_LIST, finishing_script
from config.answers.profiles.profile_answers import answers_of, shown_answers
from config.answers.profiles.profile_model import Profile
from config.answers.profiles.profile_reading import NAMES, validated
from iso.vendor.customisation import customise
from tests.config.answers.profiles.test_profile_values import HASH, KEY
from tests.iso.vendor import unpacking
from tests.iso.vendor.conftest import Medium, medium

__all__ = ["medium"]

ALL = pytest.mark.parametrize("name", NAMES)
NASTY = [
    "echo '%end'",
    "%end",
    "echo ']]>'",
    'echo "it\'s" \\ back',
    "END",
    "echo $(date) `id` # comment",
    "echo '<script>' && echo \"{{ x }}\" ; echo 100%",
    "- yaml: [",
    "echo 漢字",
]
SUSE = {"suse": "http://www.suse.com/1.0/yast2ns"}


def profile(name: str, **values: Any) -> Profile:
    return validated({"profile": name, **values}, "test")


def full(name: str) -> Profile:
    user = {"name": "image-admin", "password_hash": HASH, "ssh_keys": [KEY]}
    return profile(name, packages=["vim", "g++"], user=user, time_zone="Asia/Shanghai", commands=NASTY)


def script_of_preseed(text: str) -> str:
    found = re.search(r"^d-i preseed/late_command string echo (\S+) \| ", text, re.MULTILINE)
    assert found
    return base64.b64decode(found[1]).decode()


def script_of_autoinstall(text: str) -> str:
    content: str = yaml.safe_load(text)["write_files"][0]["content"]
    return content.partition("\nEND\n")[2] if content.startswith("useradd") else content


def script_of_kickstart(text: str) -> str:
    """Return the section that Anaconda runs: up to the first line that ends a section."""
    lines = text.partition("%post --erroronfail\n")[2].split("\n")
    end = next(number for number, line in enumerate(lines) if line.split()[:1] == ["%end"])
    return "".join(f"{line}\n" for line in lines[:end])


def script_of_autoyast(text: str) -> str:
    source = ElementTree.fromstring(text).find(".//suse:script/suse:source", SUSE)  # noqa: S314
    assert source is not None
    return (source.text or "").removeprefix("\n")


SCRIPTS: dict[str, Callable[[str], str]] = {
    "debian": script_of_preseed,
    "ubuntu": script_of_autoinstall,
    "anaconda": script_of_kickstart,
    "suse": script_of_autoyast,
}


@ALL
def test_the_script_reaches_the_installer_unchanged(name: str) -> None:
    text = answers_of(full(name), name).text

    assert finishing_script(full(name)) == SCRIPTS[name](text)


@ALL
def test_the_script_is_valid_for_the_shell_and_holds_the_commands(name: str) -> None:
    script = finishing_script(full(name))

    subprocess.run(["sh", "-n"], input=script, text=True, check=True)
    assert [*NASTY] == [shlex.split(line)[2] for line in script.splitlines() if line.startswith("sh -c ")]
    assert HASH not in script


def test_the_script_leaves_no_identity_and_stops_at_a_failure() -> None:
    for name in NAMES:
        script = finishing_script(full(name))
        assert script.endswith(PACKAGE_LIST)  # it is no part of the installation, and never fails
        lines = script.removesuffix(PACKAGE_LIST).splitlines()
        assert lines[0] == "set -eu"
        assert lines[-1] == ": > /etc/machine-id"
        assert "/etc/ssh/ssh_host_*" in lines[-4]
        assert "datasource_list: [ OpenStack, None ]" in lines


@ALL
def test_answers_are_for_the_data_disk_and_power_off(name: str) -> None:
    answers = answers_of(profile(name), name)

    assert kind_of(answers.text) == answers.kind
    assert [] == first_disk_warnings(answers)
    ends = {"debian": "exit/poweroff boolean true", "ubuntu": "shutdown: poweroff", "anaconda": "\npoweroff\n"}
    assert ends.get(name, '<halt config:type="boolean">true</halt>') in answers.text


@ALL
def test_the_installed_system_has_a_serial_console(name: str) -> None:
    assert "console=tty0 console=ttyS0,115200n8" in answers_of(profile(name), name).text


@ALL
def test_the_hash_is_in_the_answers_once_and_never_shown(name: str) -> None:
    assert 1 == answers_of(full(name), name).text.count(HASH)
    assert HASH not in shown_answers(full(name))
    assert HASH not in repr(full(name))


@ALL
def test_keys_and_packages_are_in_the_answers(name: str) -> None:
    text = answers_of(full(name), name).text

    assert KEY in SCRIPTS[name](text) or f"<authorized_key>{KEY}</authorized_key>" in text
    assert "vim" in text
    assert "g++" in text
    assert "Asia/Shanghai" in text


def test_sizes_of_partitions() -> None:
    sizes = {"efi": 256, "boot": 768, "swap": 512}

    debian = answers_of(profile("debian", partitions=sizes), "x").text
    assert "256 256 256 fat32" in debian
    assert "768 768 768 ext4" in debian
    assert "512 512 512 linux-swap" in debian
    ks = answers_of(profile("anaconda", partitions=sizes), "x").text
    assert "part /boot --fstype=ext4 --ondisk=vdb --size=768\npart swap --ondisk=vdb --size=512\n" in ks
    suse = answers_of(profile("suse", partitions=sizes), "x").text
    found = ElementTree.fromstring(suse).findall(".//suse:partition/suse:size", SUSE)  # noqa: S314
    assert ["1M", "256M", "768M", "512M", "max"] == [size.text for size in found]


@pytest.mark.parametrize("firmware", ["bios", "uefi"])
def test_ubuntu_gets_the_boot_loader_where_the_firmware_needs_it(firmware: str) -> None:
    values = {"partitions": {"swap": 512}, "firmware": firmware}
    text = answers_of(profile("ubuntu", **values), "x").text

    actions = yaml.safe_load(text)["autoinstall"]["storage"]["config"]
    targets = [action["id"] for action in actions if action.get("grub_device")]
    assert targets == (["efi"] if firmware == "uefi" else ["disk"])
    assert 512 * 1024 * 1024 == next(action["size"] for action in actions if action["id"] == "swap")
    assert {"id": "root-mount", "type": "mount", "device": "root-format", "path": "/"} == actions[-1]


def test_ubuntu_without_sizes_lets_the_installer_choose_for_the_firmware() -> None:
    storage = yaml.safe_load(answers_of(profile("ubuntu"), "x").text)["autoinstall"]["storage"]

    assert {"name": "direct", "match": {"path": "/dev/vdb"}} == storage["layout"]


def test_a_mirror() -> None:
    mirror = "https://mirror.example.com:8443/linux/debian"
    debian = answers_of(profile("debian", mirror=mirror), "x").text
    assert "d-i mirror/protocol string https\n" in debian
    assert "d-i mirror/https/hostname string mirror.example.com:8443\n" in debian
    assert "d-i mirror/https/directory string /linux/debian\n" in debian
    assert f"url --url={mirror}\n" in answers_of(profile("anaconda", mirror=mirror), "x").text
    ubuntu = yaml.safe_load(answers_of(profile("ubuntu", mirror=mirror), "x").text)
    assert mirror == ubuntu["autoinstall"]["apt"]["primary"][0]["uri"]
    assert f"<media_url>{mirror}</media_url>" in answers_of(profile("suse", mirror=mirror), "x").text


def test_each_line_of_a_preseed_has_an_owner_and_a_question() -> None:
    """Continued lines and lines that a value would begin are not possible."""
    lines = [line for line in answers_of(full("debian"), "x").text.splitlines() if line and not line.startswith("#")]

    assert [] == [line for line in lines if not re.match(r"(?:d-i|tasksel|popularity-contest) \S+/\S+ \w+", line)]
    assert [] == [line for line in lines if line.endswith("\\")]


@pytest.mark.parametrize(("name", "layout"), [("debian", "debian"), ("anaconda", "openeuler")])
def test_a_profile_goes_into_a_medium(medium: Medium, name: str, layout: str, tmp_path: Path) -> None:
    answers = answers_of(full(name), name)

    output = customise(medium(layout), answers, tmp_path / "out.iso").output

    assert 0o600 == output.stat().st_mode & 0o777
    files = unpacking.files(output, tmp_path / "files")
    assert answers.content in (
        files["/answers.ks"] if name == "anaconda" else unpacking.unpacked(files["/answers.img"])
    )
