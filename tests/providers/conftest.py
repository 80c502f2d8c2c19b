"""A quick lab, and providers in this process that wait as little as it does."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from providers.installation import diagnostic_files
from tests.e2e.cloud import CloudView
from tests.e2e.crash.bench import quick_lab
from tests.labs import RunningLab, set_environment, wait_for
from tests.providers.crashing import new_process, shorten_waits
from tests.providers.stack import Stack


@pytest.fixture(scope="module")
def module_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    running = quick_lab(tmp_path_factory.mktemp("lab"))
    yield running
    running.stop()


@pytest.fixture
def lab(module_lab: RunningLab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[RunningLab]:
    """The lab, empty, with its settings as they were afterwards."""
    shorten_waits(monkeypatch)
    set_environment(monkeypatch, {**module_lab.env, "XDG_CACHE_HOME": str(tmp_path / "cache")})
    monkeypatch.setenv(diagnostic_files.SETTING, str(tmp_path / "diagnostics"))
    new_process()
    settings = module_lab.settings()
    empty(module_lab)
    module_lab.clear_journal()
    yield module_lab
    module_lab.call("DELETE", "/faults")
    module_lab.call("DELETE", "/job-faults")
    module_lab.change_settings(**settings)


@pytest.fixture
def cloud(lab: RunningLab) -> CloudView:
    """Return the view that the official SDK has of the lab."""
    return CloudView(lab.env)


@pytest.fixture
def stack(lab: RunningLab) -> Stack:
    return Stack(lab.env)


def empty(lab: RunningLab) -> None:
    """Remove everything, once nothing is under way any more."""
    wait_for(lambda: lab.call("GET", "/health")["unfinished_jobs"] == 0, "the end of all jobs")
    CloudView(lab.env).empty()
