"""
Plugin of pytest: one lab for a test session, and its environment for each test that wants it.

An installed lab registers it by itself. In a clone: ``pytest -p lab.testing.pytest_plugin``.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from lab.start_options import DriverName
from lab.testing.started_lab import StartedLab, started_lab


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the settings of the lab to pytest's configuration file."""
    parser.addini("huaweicloud_lab_driver", "kind of machines of the lab: simulated or qemu", default="simulated")
    parser.addini("huaweicloud_lab_time_scale", "lab seconds in a real second", default="1000")


@pytest.fixture(scope="session")
def huaweicloud_lab(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[StartedLab]:
    """Yield a running lab, which is empty at the beginning of the session and gone after it."""
    driver = cast(DriverName, request.config.getini("huaweicloud_lab_driver"))
    scale = float(request.config.getini("huaweicloud_lab_time_scale"))
    state: Path = tmp_path_factory.mktemp("huaweicloud-lab") / "state"
    with started_lab(state, driver, scale) as lab:
        yield lab


@pytest.fixture
def huaweicloud(huaweicloud_lab: StartedLab, monkeypatch: pytest.MonkeyPatch) -> Iterator[StartedLab]:
    """Yield the lab with its variables in the environment of the test; faults and settings end with the test."""
    for name, value in huaweicloud_lab.environment.items():
        monkeypatch.setenv(name, value)
    yield huaweicloud_lab
    huaweicloud_lab.restore()
