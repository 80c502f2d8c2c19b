"""Environment of a program that declares builds."""

import pytest


@pytest.fixture
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the region and the credentials that a program reads."""
    monkeypatch.setenv("HW_REGION_NAME", "lab-1")
    for name in ("HW_ACCESS_KEY", "HW_SECRET_KEY"):
        monkeypatch.setenv(name, "made-up")
