import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from toolchain import debian_packages, virtual_environment
from toolchain.paths import ROOT
from toolchain.steps import SetupError, locked, run

COPIED = ("Makefile", "toolchain", "requirements.txt", "requirements-dev.txt")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a fresh copy of the files of set-up, in a folder with a space in its name."""
    folder = tmp_path / "a clone"
    folder.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)
    return folder


def make(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "MAKEFLAGS": "", **variables}
    return subprocess.run(
        ["make", "--no-print-directory", *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )


@pytest.mark.e2e
def test_sets_a_clone_up_once_and_again_after_it_was_moved(clone: Path, tmp_path: Path) -> None:
    first = make(clone, "setup")
    started = time.monotonic()
    second = make(clone, "setup")
    second_took_s = time.monotonic() - started
    moved = clone.rename(tmp_path / "another place")
    third = make(moved, "setup")

    assert first.returncode == 0, first.stderr
    assert "Python packages are installed" in first.stderr
    assert "the Pulumi CLI is 3." in first.stderr
    assert (second.returncode, second.stdout) == (0, "")
    assert "installed" not in second.stderr
    assert second_took_s < 3
    assert third.returncode == 0, third.stderr
    assert str(clone) not in (moved / ".venv" / "bin" / "pytest").read_text()


def test_without_a_usable_python_set_up_names_what_to_install(clone: Path, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("make", "sh", "dirname", "awk"):
        (programs / name).symlink_to(str(shutil.which(name)))
    old = programs / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)

    outcome = make(clone, "setup", PATH=str(programs))

    assert outcome.returncode != 0
    assert "no Python 3.11 or newer on PATH" in outcome.stderr
    assert "apt-get install python3" in outcome.stderr


def test_help_lists_every_target() -> None:
    text = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", text, re.MULTILINE))

    listed = {line.split()[0] for line in make(ROOT).stdout.splitlines()}

    assert targets <= listed
    assert targets <= set(" ".join(re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)).split())


def test_names_the_packages_that_are_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = debian_packages.LIST.read_text().split()
    query = tmp_path / "dpkg-query"
    lines = "\n".join([*(f"{name} installed" for name in wanted[2:]), f"{wanted[0]} config-files"])
    query.write_text(f"#!/bin/sh\ncat <<'END'\n{lines}\nEND\nexit 1\n")
    query.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    assert debian_packages.missing_packages() == wanted[:2]


def test_without_qemu_set_up_warns_and_names_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    debian_packages.warn_of_missing_commands()

    warning = capsys.readouterr().err
    assert "not found: qemu-system-x86_64, qemu-img, xorriso" in warning
    assert "the lab simulates its servers" in warning
    assert "sudo apt-get install --no-install-recommends" in warning


def test_a_failed_command_is_reported_with_the_end_of_its_output() -> None:
    with pytest.raises(SetupError, match=r"cannot do it:\n    line 1\n    line 2") as failure:
        run(["sh", "-c", "echo line 1; echo line 2 >&2; exit 1"], "cannot do it")

    assert "Traceback" not in str(failure.value)


def test_only_one_process_at_a_time_holds_a_lock(tmp_path: Path) -> None:
    lock = tmp_path / "folder" / "lock"
    holder = ["python3", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n" + HOLD, str(lock)]
    with locked(lock, "waiting"):
        other = subprocess.Popen(holder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert other.stderr is not None
        assert other.stderr.readline() == "set-up: somebody else is at it\n"
        assert other.poll() is None
    assert other.communicate(timeout=30) == ("held\n", "")


HOLD = """
from pathlib import Path
from toolchain.steps import locked
with locked(Path(sys.argv[1]), "somebody else is at it"):
    print("held")
"""


def link_environment(folder: Path) -> Path:
    """Return a clone that has its packages already, by a link."""
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def test_a_path_with_other_letters_is_one_path_in_every_locale(clone: Path, tmp_path: Path) -> None:
    clone = link_environment(clone.rename(tmp_path / "klön 龍"))
    first = make(clone, "setup", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    stamp = (clone / ".state" / "setup.json").read_text()
    second = make(clone, "setup", LC_ALL="C.UTF-8")

    assert first.returncode == 0, first.stderr
    assert second.returncode == 0, second.stderr
    assert "installed" not in second.stderr
    assert (clone / ".state" / "setup.json").read_text() == stamp
    assert (clone / ".venv").is_symlink()


def test_an_environment_is_kept_if_no_other_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    working = tmp_path / ".venv"
    working.mkdir()
    (working / "file").touch()
    monkeypatch.setattr(virtual_environment, "VENV", working)
    monkeypatch.setattr(virtual_environment, "base_python", lambda: "/bin/false")

    with pytest.raises(SetupError, match="cannot create the virtual environment"):
        virtual_environment.install(recreate=True)

    assert [path.name for path in tmp_path.iterdir()] == [".venv"]
    assert (working / "file").exists()


def test_two_set_ups_of_a_clone_wait_for_one_another(clone: Path) -> None:
    link_environment(clone)
    with locked(clone / ".state" / "setup.lock", ""):
        waiting = subprocess.Popen(
            ["make", "setup"],
            cwd=clone,
            env={**os.environ, "MAKEFLAGS": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert waiting.stderr
        said = waiting.stderr.readline()
    _, rest = waiting.communicate(timeout=120)

    assert "waiting for another set-up of this clone" in said
    assert waiting.returncode == 0, rest


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_with_hashes_and_without_an_index(name: str) -> None:
    text = (ROOT / name).read_text()
    pinned = re.findall(r"^([a-z0-9.-]+)(?:\[[a-z0-9,]+\])?==", text, re.MULTILINE)

    without_hash = [
        package for package in pinned if "--hash=sha256:" not in virtual_environment.pinned(ROOT / name, package)
    ]

    assert len(pinned) > 20
    assert without_hash == []
    assert "://" not in text


def test_set_up_installs_nothing_without_comparing_its_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []
    listed: list[str] = []

    def record(command: list[str | Path], *_: object) -> str:
        ran.append([str(part) for part in command])
        listed.append(Path(command[-1]).read_text() if "-r" in ran[-1] else "")
        if ran[-1][1:3] == ["pip", "install"]:
            raise SetupError("no uv")
        return ""

    monkeypatch.setattr(virtual_environment, "VENV", tmp_path)
    monkeypatch.setattr(virtual_environment, "is_usable", lambda: True)
    monkeypatch.setattr(virtual_environment, "run", record)
    virtual_environment.install(recreate=False)

    assert ["--require-hashes" in command for command in ran if "install" in command] == [True, True, True]
    assert [bool(re.match("uv==", text)) for text in listed if text] == [True, False, False]
