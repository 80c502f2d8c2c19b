"""A quick lab, and providers in this process whose waits are as short."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from providers import lookups
from providers.installation import diagnostic_files
from providers.runtime import process
from tests.e2e.cloud import CloudView
from tests.e2e.crash.bench import quick_lab
from tests.labs import RunningLab, set_environment
from tests.providers.crashing import new_process, shorten_waits
from tests.providers.iso_uploads import FIRST, Put
from tests.providers.stack import Stack


@pytest.fixture(scope="session")
def shared_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """Return a lab for all tests of this folder."""
    running = quick_lab(tmp_path_factory.mktemp("lab"))
    yield running
    running.stop()


@pytest.fixture
def lab(shared_lab: RunningLab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[RunningLab]:
    """Return the lab, empty; its faults, variants and settings are restored after the test."""
    shorten_waits(monkeypatch)
    set_environment(monkeypatch, {**shared_lab.env, "XDG_CACHE_HOME": str(tmp_path / "cache")})
    monkeypatch.setenv(diagnostic_files.SETTING, str(tmp_path / "diagnostics"))
    new_process()
    settings = shared_lab.settings()
    empty(shared_lab)
    shared_lab.clear_journal()
    yield shared_lab
    shared_lab.call("DELETE", "/faults")
    shared_lab.call("DELETE", "/job-faults")
    shared_lab.choose()
    shared_lab.change_settings(**settings)


@pytest.fixture
def cloud(lab: RunningLab) -> CloudView:
    """Return the view that the official SDK has of the lab."""
    return CloudView(lab.env)


@pytest.fixture
def stack(lab: RunningLab) -> Stack:
    return Stack(lab.env)


def empty(lab: RunningLab) -> None:
    """Delete everything after the end of all jobs."""
    lab.wait_for_jobs()
    CloudView(lab.env).empty()


@pytest.fixture
def put(lab: RunningLab, tmp_path: Path) -> Iterator[Put]:
    """Return a function that uploads another file under the same name and starts a new process."""

    def change(content: bytes) -> None:
        (tmp_path / "installer.iso").write_bytes(content)
        lab.put(tmp_path / "installer.iso", "lab-images/installer.iso")
        new_process()

    yield change
    change(FIRST)


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the messages on the rows."""
    lines: list[str] = []
    monkeypatch.setattr(process, "log", lambda message, *_, **__: lines.append(message))
    lookups.forget()
    return lines
