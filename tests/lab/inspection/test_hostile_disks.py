"""Disks that are made to mislead: the inspection ends soon, with a finding and no error."""

import json
import os
import re
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab.inspection.disk.block_source import RawBlocks
from lab.inspection.disk.ext_volume import ExtVolume
from lab.inspection.disk.guest_files import GuestFiles
from lab.inspection.disk.limits import Budget
from lab.inspection.inspection_table import rendered
from lab.inspection.isolated_inspection import inspect_image
from tests.lab.inspection.guest_disks import (
    IMAGE,
    LONGEST_S,
    MIB,
    RELEASE,
    SECTOR,
    GuestDisk,
    ext,
    inspected,
    partition,
    rules,
    run,
    system_files,
)
from tests.labs import ROOT

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")


def test_a_chain_of_logical_partitions_without_end_is_found(tmp_path: Path) -> None:
    table = "label: dos\nd1 : start=2048, size=40960, type=5\nd5 : start=4096, size=2048\nd6 : start=8192, size=2048\n"
    partition(tmp_path / "disk", table)
    content = bytearray((tmp_path / "disk").read_bytes())
    second = next(at for at in range(3000, 9000) if content[at * SECTOR + 510 : at * SECTOR + 512] == b"\x55\xaa")
    content[second * SECTOR + 462 : second * SECTOR + 478] = struct.pack("<B3xB3xII", 0, 5, second - 2048, 2048)
    (tmp_path / "disk").write_bytes(content)

    inspection = inspected(tmp_path / "disk")

    assert "error" == rules(inspection)["partition-table"]
    assert "The partition table is damaged: the chain of logical partitions has no end." in {
        finding.finding for finding in inspection.findings
    }


def test_partitions_of_absurd_sizes_are_found(tmp_path: Path) -> None:
    content = bytearray(MIB)
    for number in range(4):
        content[446 + 16 * number : 462 + 16 * number] = struct.pack("<B3xB3xII", 0, 0x83, 0xFFFFFF00, 0xFFFFFFFF)
    content[510:512] = b"\x55\xaa"
    (tmp_path / "disk").write_bytes(content)

    assert "error" == rules(inspected(tmp_path / "disk"))["partition-table"]


def test_a_file_system_with_unknown_features_is_not_called_damaged(good_disk: Path, tmp_path: Path) -> None:
    content = bytearray(good_disk.read_bytes())
    content[20480 * SECTOR + 1024 + 99] |= 0x80
    (tmp_path / "disk").write_bytes(content)

    assert {"not-read": "warning", "no-system": "warning"} == rules(inspected(tmp_path / "disk"))


Patch = tuple[int, bytes]
SUPERBLOCKS: dict[str, Patch] = {
    "blocks of 2^63 bytes": (24, struct.pack("<I", 53)),
    "no blocks in a group": (32, bytes(4)),
    "no inodes in a group": (40, bytes(4)),
    "inodes of 3 bytes": (88, struct.pack("<H", 3)),
    "inodes of 64 KiB": (88, struct.pack("<H", 65535)),
    "too many blocks": (4, struct.pack("<I", 0xFFFFFFFF)),
    "no inodes": (0, bytes(4)),
}


@pytest.mark.parametrize("name", SUPERBLOCKS)
def test_a_superblock_that_is_damaged_is_found(good_disk: Path, tmp_path: Path, name: str) -> None:
    offset, value = SUPERBLOCKS[name]
    content = bytearray(good_disk.read_bytes())
    at = 20480 * SECTOR + 1024 + offset
    content[at : at + len(value)] = value
    (tmp_path / "disk").write_bytes(content)

    found = rules(inspected(tmp_path / "disk"))

    assert {"file-system-damaged", "disk-truncated", "no-system", "not-read"} & set(found)


def volume_of(image: Path, file: object) -> GuestFiles:
    return GuestFiles(ExtVolume(RawBlocks(file, image.stat().st_size, Budget(seconds=LONGEST_S))))  # type: ignore[arg-type]


def test_links_that_form_circles_or_leave_the_disk_lead_nowhere(tmp_path: Path) -> None:
    links: dict[str, str | bytes | Path] = {
        "self": Path("self"),
        "a": Path("b"),
        "b": Path("a"),
        "folder/up": Path("../folder"),
        "out": Path("../../../../../../etc/passwd"),
        "absolute": Path("/etc/passwd"),
        "etc/passwd": "guest",
    }
    image = ext(tmp_path, links, 16)

    with image.open("rb") as file:
        read = volume_of(image, file)
        assert [None, None, None] == [read.content(f"/{name}") for name in ("self", "a", "folder/../" * 400)]
        assert "symbolic links form a circle" == read.unread["/self"]
        assert b"guest" == read.content("/out") == read.content("/absolute")
        assert b"guest" == read.content("/../../etc/passwd")
        assert b"guest" == read.content("/folder/up/up/up/../etc/passwd")


def test_a_folder_that_contains_itself_ends_a_search(tmp_path: Path) -> None:
    image = ext(tmp_path, {"a/b/file": b"1"}, 16)
    run("/sbin/debugfs", "-w", "-R", "ln /a /a/b/circle", image)

    with image.open("rb") as file:
        read = volume_of(image, file)
        assert ["/a/b/circle/b/file"] == read.glob("/*/*/circle/*/file")


def test_a_list_of_blocks_that_refers_to_itself_is_found(good_disk: Path, tmp_path: Path) -> None:
    path = tmp_path / "disk"
    path.write_bytes(good_disk.read_bytes())
    image = f"{path}?offset={20480 * SECTOR}"
    script = tmp_path / "script"
    script.write_text("sif /etc/fstab flags 0\nsif /etc/fstab block[14] 50\nsif /etc/fstab size 0x7fffffffffff\n")
    run("/sbin/debugfs", "-w", "-f", script, image)

    inspection = inspected(path, budget=Budget(seconds=LONGEST_S))

    assert len(json.dumps(inspection.as_json())) < MIB


@pytest.mark.parametrize("name", ["etc/fstab", f"boot/initrd.img-{RELEASE}", "var/lib/dpkg/status", "etc/machine-id"])
def test_a_file_of_an_absurd_size_is_read_up_to_a_limit(tmp_path: Path, name: str) -> None:
    path = GuestDisk().write(tmp_path)
    run("/sbin/debugfs", "-w", "-R", f"sif /{name} size 0x7fffffffffff", f"{path}?offset={20480 * SECTOR}")

    inspection = inspected(path, budget=Budget(seconds=LONGEST_S))

    assert "limit-reached" not in rules(inspection)


EVIL = "\x1b]0;title\x07\x1b[2J\u202egnp.exe\r\x9b31m"


def test_names_and_texts_of_a_disk_cannot_change_a_terminal(tmp_path: Path) -> None:
    files = system_files(root=f"/dev/vdb1{EVIL}")
    files["etc/os-release"] = f'PRETTY_NAME="Evil {EVIL} System{"x" * 100_000}"\n'
    files["etc/fstab"] = f"/dev/vdb1 /{EVIL.strip()} ext4 defaults 0 1\n"
    files[f"etc/ssh/ssh_host_{EVIL.replace('/', '')}_key"] = ""
    files[f"etc/netplan/{'n' * 240}{EVIL[:5]}.yaml"] = "dhcp4: true\n"
    files["boot/grub/grub.cfg"] = f"menuentry '{EVIL}' {{\nlinux /boot/{EVIL}{'y' * 9999} root=/dev/vdb1\n}}\n" * 500
    disk = GuestDisk(files=files)

    inspection = inspected(disk.write(tmp_path))
    text = rendered(IMAGE, inspection.as_json(), 100)

    assert "error" == rules(inspection)["root-device-name"]
    assert not CONTROL.search(text)
    assert max(len(line) for line in text.splitlines()) <= 100
    assert len(json.dumps(inspection.as_json())) < MIB
    assert json.dumps(inspection.as_json()).isascii()


FLOODS = {
    "etc/netplan/a.yaml": "\n" * MIB,
    "etc/netplan/b.yaml": " " * MIB,
    "etc/netplan/c.yaml": "- 1.2.3.4/24\n" * 50_000,
    "etc/network/interfaces": "iface " * 200_000,
    "etc/systemd/network/a.network": "Name=" + "en0 " * 200_000,
    "etc/NetworkManager/system-connections/a": "[ipv4]\n\n" * 100_000,
    "etc/udev/rules.d/a.rules": 'ATTR{address}=="' * 60_000,
    "etc/cloud/cloud.cfg": "datasource_list: [\n" * 50_000,
    "etc/cloud/cloud.cfg.d/a.cfg": "datasource_list:" + "\n- None" * 100_000,
    "etc/init.d/a": "udhcp " * 200_000,
    "etc/fstab": "/dev/vdb1 / ext4\n" * 60_000,
    "etc/os-release": "A=\n" * 200_000,
    "boot/grub/grub.cfg": "menuentry 'x' {\nlinux /vmlinuz " + "x " * 400_000,
    "boot/grub2/grub.cfg": "menuentry 'x' {\nlinux /vmlinuz\n}\n" * 20_000,
    "boot/extlinux/extlinux.conf": "label x\nkernel x\n" * 40_000,
    "var/lib/dpkg/status": "Package: x\nStatus: x installed\n\n" * 60_000,
}


@pytest.mark.parametrize("path", FLOODS)
def test_a_text_that_is_made_to_take_long_is_read_soon(tmp_path: Path, path: str) -> None:
    disk = GuestDisk(files=system_files() | {path: FLOODS[path]}).write(tmp_path)
    begin = time.monotonic()

    inspection = inspected(disk)

    assert time.monotonic() - begin < LONGEST_S
    assert len(json.dumps(inspection.as_json())) < 2 * MIB


def test_a_folder_with_too_many_entries_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("lab.inspection.disk.ext_volume.MAX_ENTRIES", 20)
    disk = GuestDisk(files=system_files() | {f"etc/ssh/{number}": "" for number in range(30)})

    inspection = inspected(disk.write(tmp_path))

    assert "/etc/ssh/ssh_host_*_key" not in inspection.facts["ssh_host_keys"]
    assert "warning" == rules(inspection)["not-read"]
    assert "a folder has more than 20 entries" in inspection.findings[0].finding


@pytest.mark.parametrize(
    ("limits", "reason"), [({"seconds": 0.0}, "it took longer than 0 s"), ({"read_bytes": 256 << 10}, "had to be read")]
)
def test_an_inspection_that_takes_too_much_is_ended_with_a_finding(
    good_disk: Path, limits: dict[str, int], reason: str
) -> None:
    inspection = inspected(good_disk, budget=Budget(**limits))

    assert "error" == rules(inspection)["limit-reached"]
    assert any(reason in finding.finding for finding in inspection.findings)


def test_the_process_of_an_inspection_can_write_no_file(tmp_path: Path) -> None:
    code = (
        "from lab.inspection.isolated_inspection import confine; confine();"
        f"from pathlib import Path; Path({str(tmp_path / 'file')!r}).write_bytes(b'x' * 9)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert "File too large" in done.stderr
    assert 0 == (tmp_path / "file").stat().st_size


def test_a_process_that_fails_is_a_finding(tmp_path: Path) -> None:
    found = inspect_image(tmp_path / "missing", "bios")

    assert ["inspection-failed"] == [finding["rule"] for finding in found["findings"]]
    assert "No such file" in found["findings"][0]["finding"]
    assert {"error": 1, "warning": 0, "note": 0} == found["counts"]


def test_a_process_that_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.inspection.isolated_inspection.GRACE_S", 0.3)
    os.mkfifo(tmp_path / "pipe")  # opening it waits for a writer

    found = inspect_image(tmp_path / "pipe", "bios", seconds=0.1)

    assert "did not end within 0.4 s" in found["findings"][0]["finding"]


def test_the_disk_is_only_read(good_disk: Path) -> None:
    names = sorted(os.listdir(good_disk.parent))
    before = (good_disk.read_bytes(), good_disk.stat().st_mtime_ns)
    good_disk.chmod(0o400)

    assert {"error": 0, "warning": 0, "note": 0} == inspect_image(good_disk, "bios")["counts"]
    assert before == (good_disk.read_bytes(), good_disk.stat().st_mtime_ns)
    assert names == sorted(os.listdir(good_disk.parent))
