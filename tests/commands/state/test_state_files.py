"""A state that a full disk has damaged, and its recovery."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.state import state_files
from commands.state.state_files import StateFolder, require_sound, resources, restore
from tests import warm
from tests.probe import Probe
from toolchain.paths import ROOT
from toolchain.steps import SetupError

GOOD = '{"version": 3, "checkpoint": {"stack": "s", "latest": {"resources": [{"urn": "urn:1"}, {"urn": "urn:2"}]}}}'
EARLIER = '{"version": 3, "checkpoint": {"stack": "s", "latest": {"resources": [{"urn": "urn:1"}]}}}'
DAMAGED = {"empty": "", "cut off": GOOD[:60], "zeros": "\0" * 60, "another": "[]", "no checkpoint": '{"version": 3}'}


@pytest.fixture
def files(tmp_path: Path) -> StateFolder:
    """Return a good state, with the one before it."""
    (tmp_path / "Pulumi.yaml").write_text("name: probe\n")
    made = StateFolder(tmp_path / ".pulumi", "probe", "test")
    made.file.parent.mkdir(parents=True)
    made.meta.write_text("version: 1\n")
    made.file.write_text(GOOD)
    made.file.with_name("test.json.bak").write_text(EARLIER)
    return made


def environment(tmp_path: Path) -> dict[str, str]:
    return {"PULUMI_BACKEND_URL": tmp_path.as_uri(), "PULUMI_HOME": str(tmp_path / "home")}


def test_a_good_state_is_left_alone(files: StateFolder, tmp_path: Path) -> None:
    require_sound("test", environment(tmp_path), tmp_path)

    assert restore("test", environment(tmp_path), tmp_path) == []
    assert files.file.read_text() == GOOD


def test_a_stack_that_is_not_there_yet_is_not_damaged(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: probe\n")

    require_sound("test", environment(tmp_path), tmp_path)
    require_sound("test", {"PULUMI_BACKEND_URL": "s3://bucket"}, tmp_path)


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_state_is_reported_and_restored(damage: str, files: StateFolder, tmp_path: Path) -> None:
    files.file.write_text(DAMAGED[damage])

    with pytest.raises(SetupError) as refusal:
        require_sound("test", environment(tmp_path), tmp_path)
    restore("test", environment(tmp_path), tmp_path)
    require_sound("test", environment(tmp_path), tmp_path)

    assert str(files.file) in str(refusal.value)
    assert "test.json.bak of 2" in str(refusal.value)
    assert "(1 resource) with `make restore STACK=test" in str(refusal.value)
    assert files.file.read_text() == EARLIER
    assert files.file.with_name("test.json.damaged").read_text() == DAMAGED[damage]


def test_where_the_state_before_it_is_damaged_too_a_finished_run_helps(files: StateFolder, tmp_path: Path) -> None:
    files.file.write_text("")
    files.file.with_name("test.json.bak").write_text(GOOD[:30])
    history = files.root / "history" / "probe" / "test"
    history.mkdir(parents=True)
    (history / "test-1.checkpoint.json").write_text(EARLIER)
    (history / "test-2.checkpoint.json").write_text(EARLIER[:40])
    (history / "test-2.history.json").write_text("{}")

    restore("test", environment(tmp_path), tmp_path)

    assert files.file.read_text() == EARLIER


def test_where_nothing_is_good_nothing_is_changed(files: StateFolder, tmp_path: Path) -> None:
    files.file.write_text("")
    files.file.with_name("test.json.bak").unlink()

    with pytest.raises(SetupError, match=r"There is no good copy"):
        require_sound("test", environment(tmp_path), tmp_path)
    with pytest.raises(SetupError, match="there is no good copy"):
        restore("test", environment(tmp_path), tmp_path)

    assert files.file.read_text() == ""


@pytest.mark.parametrize("content", ["", "versi", "[]", "version: x"])
def test_a_damaged_layout_file_is_written_again(content: str, files: StateFolder, tmp_path: Path) -> None:
    files.meta.write_text(content)

    with pytest.raises(SetupError, match=r"meta\.yaml"):
        require_sound("test", environment(tmp_path), tmp_path)
    restore("test", environment(tmp_path), tmp_path)

    assert files.meta.read_text() == "version: 1\n"


def test_damaged_companions_and_selections_go(files: StateFolder, tmp_path: Path) -> None:
    companion = Path(f"{files.file}.attrs")
    companion.touch()
    selection = tmp_path / "home" / "workspaces" / "probe-1-workspace.json"
    selection.parent.mkdir(parents=True)
    selection.touch()

    with pytest.raises(SetupError, match=r"test\.json\.attrs is empty"):
        require_sound("test", environment(tmp_path), tmp_path)
    restore("test", environment(tmp_path), tmp_path)

    assert not companion.exists()
    assert not selection.exists()


@pytest.mark.recovery(
    "the disk of the state was full during `up`: the stack's file is empty or cut off, or `meta.yaml` is"
)
@pytest.mark.e2e
@pytest.mark.parametrize(
    "damaged",
    [
        "stacks/probe/test.json",
        pytest.param("stacks/probe/test.json.attrs", marks=pytest.mark.matrix),
        pytest.param("meta.yaml", marks=pytest.mark.matrix),
    ],
)
def test_pulumi_continues_with_a_restored_state(damaged: str, probe: Probe) -> None:
    assert probe.pulumi("up", "--yes", "--skip-preview").returncode == 0
    (probe.folder / ".pulumi" / damaged).write_bytes(b"")
    program = probe.folder / "program"

    refused = probe.pulumi("up", "--yes", "--skip-preview")
    command = [warm.python(), "-m", "commands.state.restore", "--stack", "test", "--program", str(program)]
    variables = {**probe.environment}
    restored = subprocess.run(command, env=variables, capture_output=True, text=True, cwd=ROOT)
    again = probe.pulumi("up", "--yes", "--skip-preview")

    assert refused.returncode != 0
    assert restored.returncode == 0, restored.stderr
    assert again.returncode == 0, again.stderr


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a file system with no room left."""
    folder = tmp_path / "full"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("mounting is not permitted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_restoring_on_a_full_disk_loses_nothing(full_disk: Path) -> None:
    (full_disk / "Pulumi.yaml").write_text("name: probe\n")
    files = StateFolder(full_disk / ".pulumi", "probe", "test")
    files.file.parent.mkdir(parents=True)
    files.file.write_text(GOOD[:60])
    files.file.with_name("test.json.bak").write_text(GOOD)
    with pytest.raises(OSError, match="No space"):
        (full_disk / "filler").write_bytes(bytes(1 << 20))

    with pytest.raises(SetupError, match="No space left"):
        restore("test", {"PULUMI_BACKEND_URL": full_disk.as_uri()}, full_disk)
    (full_disk / "filler").unlink()
    restore("test", {"PULUMI_BACKEND_URL": full_disk.as_uri()}, full_disk)

    assert resources(files.file) == 2
    assert [] == state_files.damage(files)
