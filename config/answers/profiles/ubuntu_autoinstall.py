"""Answers for Ubuntu's live server: an autoinstall file."""

from typing import Any

import yaml

from config.answers.profiles.finishing import finishing_script, password_hash
from config.answers.profiles.profile_model import Partitions, Profile

SCRIPT = "/run/image-finish"
MIB = 1024 * 1024


class _Dumper(yaml.SafeDumper):
    """Writer that shows texts of several lines as blocks."""


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def autoinstall(profile: Profile) -> str:
    """
    Return an autoinstall file.

    The user is created by a script instead of `identity`, which leaves that to the first boot of each server.
    Sources: Ubuntu, "Autoinstall configuration reference manual"; curtin, "Storage".
    """
    script = f"{_user(profile)}{finishing_script(profile)}"
    install: dict[str, Any] = {
        "version": 1,
        "locale": "en_US.UTF-8",
        "keyboard": {"layout": "us"},
        "timezone": profile.time_zone,
        "updates": "security",
        "ssh": {"install-server": True, "allow-pw": False},
        "packages": ["cloud-init", *profile.packages],
        "storage": _storage(profile),
        "user-data": {"disable_root": True},
        "late-commands": [
            f"cp {SCRIPT} /target/root/image-finish",
            "curtin in-target --target=/target -- sh /root/image-finish",
            "rm -f /target/root/image-finish",
        ],
        "shutdown": "poweroff",
    }
    if profile.mirror:
        install["apt"] = {"primary": [{"arches": ["default"], "uri": profile.mirror}]}
    files = [{"path": SCRIPT, "permissions": "0600", "content": script}]
    body = yaml.dump({"write_files": files, "autoinstall": install}, Dumper=_Dumper, sort_keys=False, width=1000)
    return f"#cloud-config\n# Installation onto {profile.disk}, without questions, with a power-off at the end.\n{body}"


def _user(profile: Profile) -> str:
    """Return the commands that create the user; the hash is on standard input, not in arguments of a program."""
    if profile.user is None:
        return ""
    name = profile.user.name
    return (
        f"useradd --create-home --shell /bin/bash --groups sudo {name}\n"
        f"chpasswd --encrypted <<'END'\n{name}:{password_hash(profile)}\nEND\n"
    )


def _storage(profile: Profile) -> dict[str, Any]:
    """
    Return the layout of the disk.

    Without sizes the installer chooses partitions for the firmware that it finds. With sizes the firmware must be
    known: the installer requires the boot loader on the EFI partition with UEFI, and on the disk with BIOS.
    """
    if profile.partitions == Partitions():
        return {"layout": {"name": "direct", "match": {"path": profile.disk}}, "swap": {"size": 0}}
    return {"swap": {"size": 0}, "config": _actions(profile.disk, profile.partitions, profile.firmware == "uefi")}


def _actions(disk: str, sizes: Partitions, uefi: bool) -> list[dict[str, Any]]:
    whole = {"id": "disk", "type": "disk", "path": disk, "ptable": "gpt", "wipe": "superblock-recursive"}
    actions: list[dict[str, Any]] = [
        {**whole, "grub_device": not uefi},
        {"id": "bios", "type": "partition", "device": "disk", "size": MIB, "flag": "bios_grub"},
        *_part("efi", sizes.efi, "fat32", "/boot/efi", flag="boot", grub_device=uefi),
    ]
    if sizes.boot:
        actions += _part("boot", sizes.boot, "ext4", "/boot")
    if sizes.swap:
        actions += _part("swap", sizes.swap, "swap", "", flag="swap")
    return [*actions, *_part("root", 0, "ext4", "/")]


def _part(name: str, size_mib: int, file_system: str, mount: str, **more: object) -> list[dict[str, Any]]:
    size = size_mib * MIB if size_mib else -1
    return [
        {"id": name, "type": "partition", "device": "disk", "size": size, **more},
        {"id": f"{name}-format", "type": "format", "volume": name, "fstype": file_system},
        {"id": f"{name}-mount", "type": "mount", "device": f"{name}-format", "path": mount},
    ]
