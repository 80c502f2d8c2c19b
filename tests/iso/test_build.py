"""The ISO as a file: reproducible, bootable by both kinds of firmware, rebuilt only when needed."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from iso.__main__ import default_cache
from iso.build import build
from iso.build_errors import PackagesUnavailable, ToolMissing
from iso.manifests import intact_manifest

ROOT = Path(__file__).resolve().parents[2]


def copy_of(iso: Path, folder: Path) -> Path:
    for suffix in ("", ".json"):
        shutil.copy(f"{iso}{suffix}", folder)
    return folder / iso.name


def test_an_iso_is_kept_while_the_packages_stay_the_same(
    installer_iso: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = copy_of(installer_iso, tmp_path)
    before = copy.stat().st_ino
    monkeypatch.setattr("iso.build.lists_stamp", lambda: "newer lists")

    kept = build(copy, default_cache())

    assert kept.reused
    assert before == copy.stat().st_ino


def test_an_iso_is_built_again_when_its_inputs_change(
    installer_iso: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = copy_of(installer_iso, tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")

    built = build(copy, default_cache())

    assert not built.reused
    assert installer_iso.read_bytes() != copy.read_bytes()


def test_a_damaged_iso_does_not_count_as_built(installer_iso: Path, tmp_path: Path) -> None:
    copy = copy_of(installer_iso, tmp_path)
    assert intact_manifest(copy)

    copy.write_bytes(copy.read_bytes()[:-2048])

    assert intact_manifest(copy) == {}


def test_the_manifest_names_every_package_and_its_version(installer_iso: Path) -> None:
    manifest = json.loads(Path(f"{installer_iso}.json").read_text())

    assert manifest["size_bytes"] == installer_iso.stat().st_size
    assert any(name.startswith("linux-image-") for name in manifest["packages"])
    assert {"busybox-static", "e2fsprogs", "fdisk", "grub-pc-bin"} <= set(manifest["packages"])
    assert all(manifest["packages"].values())


def test_firmware_of_both_kinds_finds_a_boot_record(installer_iso: Path) -> None:
    command = ["xorriso", "-indev", str(installer_iso), "-report_el_torito", "plain"]
    report = subprocess.run(command, check=True, capture_output=True, text=True).stdout

    assert "BIOS" in report
    assert "UEFI" in report


def test_the_same_inputs_give_the_same_bytes_anywhere_and_without_root(installer_iso: Path) -> None:
    """Built by another user (where the tests run as root), in another folder, from a copy of the packages."""
    other_user: dict[str, Any] = {"user": 65534, "group": 65534} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="another place ") as name:
        place = Path(name)
        for folder in ("iso", "config"):
            shutil.copytree(ROOT / folder, place / folder)
        shutil.copytree(default_cache(), place / "cache")
        for path in (place, *place.rglob("*")):
            path.chmod(0o777)
        # This interpreter may lie in root's own home.
        python = "/usr/bin/python3" if other_user else sys.executable
        command = [python, "-m", "iso", "build", "--output", "new/installer.iso", "--cache", "cache"]
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
        result = subprocess.run(
            command, cwd=place, env=environment, capture_output=True, text=True, check=False, **other_user
        )

        assert result.returncode == 0, result.stderr
        assert installer_iso.read_bytes() == (place / "new/installer.iso").read_bytes()


def fake_program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_missing_programs_are_named_with_their_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("apt-get", "apt-cache", "dpkg-deb", "mcopy", "mformat", "mmd"):
        fake_program(tmp_path / "bin", name, "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    with pytest.raises(ToolMissing, match=r"grub-mkimage, xorriso.*apt-get install grub-common xorriso"):
        build(tmp_path / "installer.iso", tmp_path / "cache")


def test_nothing_is_asked_of_apt_while_its_lists_stay_the_same(
    installer_iso: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = copy_of(installer_iso, tmp_path)
    for name in ("apt-get", "apt-cache"):
        fake_program(tmp_path / "bin", name, "exit 100")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")

    assert build(copy, tmp_path / "cache").reused


def test_an_iso_that_is_there_is_kept_when_apt_cannot_be_asked(
    installer_iso: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = copy_of(installer_iso, tmp_path)
    fake_program(tmp_path / "bin", "apt-get", "exit 100")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr("iso.build.lists_stamp", lambda: "newer lists")

    assert build(copy, tmp_path / "cache").reused


def test_missing_package_lists_are_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_program(tmp_path / "bin", "apt-get", "echo 'E: Unable to locate package fdisk' >&2; exit 100")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")

    with pytest.raises(PackagesUnavailable, match=r"Unable to locate package fdisk.*run apt-get update"):
        build(tmp_path / "installer.iso", tmp_path / "cache")
    assert not (tmp_path / "installer.iso").exists()


def test_the_command_reports_a_failure_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "iso", "build", "--output", str(tmp_path / "installer.iso")]
    result = subprocess.run(command, cwd=ROOT, env={"PATH": "/nonexistent"}, capture_output=True, text=True)

    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "Building the ISO needs" in result.stderr
