"""The probe program and a clone that records calls, for all tests of this folder."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.commands.recording_clone import BEING_WRITTEN, ISO, LAB, PROGRAM, Clone
from tests.probe import probe as probe
from toolchain.paths import ROOT


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    made = Clone(tmp_path / "a clone")
    made.folder.mkdir()
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt"):
        shutil.copy2(ROOT / name, made.folder)
    for name in ("commands", "config", "huaweicloud", "iso", "preflight", "providers", "toolchain"):
        shutil.copytree(ROOT / name, made.folder / name, ignore=BEING_WRITTEN)
    (made.folder / ".venv").symlink_to(ROOT / ".venv")
    made.write("lab/__main__.py", LAB)
    made.write("iso/__main__.py", ISO)
    made.write("__main__.py", PROGRAM)
    made.write("Pulumi.yaml", "name: probe\nruntime: {name: python, options: {virtualenv: .venv}}\n")
    salt = yaml.safe_load((ROOT / "Pulumi.lab.yaml").read_text())["encryptionsalt"]
    made.write("Pulumi.lab.yaml", f"# a comment\nencryptionsalt: {salt}\n")
    yield made
    (made.folder / "running").unlink(missing_ok=True)
