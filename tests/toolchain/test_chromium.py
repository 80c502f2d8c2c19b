"""Chromium for the tests of the lab's page."""

import pytest

from toolchain import chromium, debian_packages


@pytest.fixture
def requested(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return the packages whose installation is requested; none is installed."""
    found: list[list[str]] = []
    monkeypatch.setattr(debian_packages, "install_if_permitted", found.append)
    return found


def test_missing_packages_are_installed_and_named_if_they_stay_missing(
    requested: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None if name == "chromedriver" else f"/usr/bin/{name}")

    assert chromium.main() == 1

    assert requested == [["chromium-driver"]]
    assert "sudo apt-get install chromium-driver" in capsys.readouterr().err


def test_nothing_is_installed_if_all_is_there(requested: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")

    assert chromium.main() == 0
    assert requested == []
