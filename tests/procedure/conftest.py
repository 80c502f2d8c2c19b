"""A lab in a process of its own, and providers that poll it often."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pulumi.dynamic import Config, ConfigureRequest

from huaweicloud import polling
from huaweicloud.transport import poll_budget
from huaweicloud.waits import poll_interval
from providers.build_identity import BuildIdentityProvider
from providers.runtime import clients
from tests.labs import RunningLab, set_environment
from tests.procedure.build import ISO, Build

TIME_SCALE = 300.0
UNLIMITED = 1e6
"""Requests per second of polls, which take the lab's time."""
POLL_INTERVAL_S = 0.05
"""Least real seconds between two polls: 15 of the lab's."""


@pytest.fixture(scope="session")
def session_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    lab = RunningLab.start(tmp_path_factory.mktemp("lab"), time_scale=TIME_SCALE)
    try:
        put_iso(lab, tmp_path_factory.mktemp("iso"))
        yield lab
    finally:
        lab.stop()


@pytest.fixture
def lab(session_lab: RunningLab, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningLab]:
    """Return the lab with its default settings, and the providers configured for it."""
    configure(session_lab, monkeypatch)
    session_lab.clear_journal()
    session_lab.change_settings(
        durations={"import_image": 30, "create_server": 60, "capture_image": 60}, guest={"install_s": 60}
    )
    yield session_lab
    session_lab.restore()


def configure(lab: RunningLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Configure the providers for a lab, with short polling intervals."""
    monkeypatch.setattr(poll_interval, "MIN_INTERVAL_S", POLL_INTERVAL_S)
    monkeypatch.setattr(poll_interval, "MAX_INTERVAL_S", POLL_INTERVAL_S)  # the age of a server is in the lab's time
    monkeypatch.setattr(poll_budget, "PER_SECOND", UNLIMITED)
    monkeypatch.setattr(poll_budget.shared, "per_second", UNLIMITED)
    monkeypatch.setattr(polling, "JOB_MAY_BE_LATE_S", 10 * POLL_INTERVAL_S)
    set_environment(monkeypatch, {**lab.env, "XDG_CACHE_HOME": str(lab.state.parent / "cache")})
    monkeypatch.setattr(clients, "_clouds", {})
    BuildIdentityProvider().configure(ConfigureRequest(Config({}, "image-from-iso")))


@pytest.fixture
def build(lab: RunningLab) -> Iterator[Build]:
    """Yield a build; leftovers of a failed test are deleted."""
    made = Build(lab.env)
    yield made
    lab.restore()
    made.destroy()


def put_iso(lab: RunningLab, folder: Path) -> None:
    iso = folder / "installer.iso"
    iso.write_bytes(b"\0" * 32769 + b"CD001" + b"\0" * 4096)
    lab.put(iso, ISO.replace(":", "/"))
