import json

import pytest

from config.iso_file.iso_names import VARIABLE, shown_location

LOCATION = "lab-images:installer.iso"


def test_a_location_is_shown_with_the_users_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, json.dumps({LOCATION: "~/my debian.iso"}))

    assert shown_location(LOCATION) == "~/my debian.iso (lab-images:installer.iso)"
    assert shown_location("images:other.iso") == "images:other.iso"


def test_a_name_that_is_no_utf_8_can_be_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, json.dumps({LOCATION: "\udcff.iso"}))

    assert shown_location(LOCATION).encode() == rb"\udcff.iso (lab-images:installer.iso)"


@pytest.mark.parametrize("value", ["", "{", "[]", "7", '{"lab-images:installer.iso": 7}'])
def test_without_a_name_the_location_is_shown(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, value)

    assert shown_location(LOCATION) == LOCATION
