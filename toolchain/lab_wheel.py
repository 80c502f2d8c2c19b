"""
Build of the lab's wheel: an embedded cloud for tests, without Pulumi and without the rest of the project.

The lab is a folder of the project, and inside of the package `huaweicloud_lab` in the wheel. A build backend cannot
move files that way, so they are arranged in a folder of their own first.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "huaweicloud_lab"
ENTRIES = {"package_entry.py": "__init__.py", "pytest_entry.py": "pytest_entry.py"}
"""Modules beside the lab in the package, by their names in the folder `lab`."""


def arrange(folder: Path) -> None:
    """Arrange the files of the wheel in an empty folder."""
    lab = ROOT / "lab"
    not_in_wheel = shutil.ignore_patterns("__pycache__", "pyproject.toml", *ENTRIES)
    shutil.copytree(lab, folder / PACKAGE / "lab", ignore=not_in_wheel)
    for name, name_in_wheel in ENTRIES.items():
        shutil.copyfile(lab / name, folder / PACKAGE / name_in_wheel)
    shutil.copyfile(lab / "pyproject.toml", folder / "pyproject.toml")
    shutil.copyfile(ROOT / "LICENSE", folder / "LICENSE")
    shutil.copyfile(ROOT / "plugin" / "package" / "__init__.py", folder / "version.py")


def build(target: Path) -> None:
    """Build the wheel into a folder."""
    with tempfile.TemporaryDirectory() as folder:
        arrange(Path(folder))
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target.resolve())]
        subprocess.run(command, cwd=folder, check=True)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
