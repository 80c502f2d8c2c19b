"""What earlier builds have taken, remembered on this machine."""

import pytest

from providers import durations


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "huaweicloud-image-from-iso" / "durations.json"


def test_nothing_is_known_before_the_first_build():
    assert durations.typical_minutes("cn-north-4") is None


def test_the_middle_of_what_builds_of_a_region_took_is_typical():
    for seconds in (60.0, 6000.0, 120.0):
        durations.record("cn-north-4", seconds)
    durations.record("lab-1", 3.0)

    assert durations.typical_minutes("cn-north-4") == 2.0
    assert durations.typical_minutes("lab-1") == 0.05


def test_only_the_last_twenty_count():
    for seconds in [600.0] * 30 + [60.0] * 20:
        durations.record("cn-north-4", seconds)

    assert durations.typical_minutes("cn-north-4") == 1.0


@pytest.mark.parametrize("content", ["", "[]", "{", '{"cn-north-4": 5}', '{"cn-north-4": ["x", -1, true]}', "\0"])
def test_a_file_that_cannot_be_used_is_as_none(cache, content):
    cache.parent.mkdir()
    cache.write_text(content)

    assert durations.typical_minutes("cn-north-4") is None
    durations.record("cn-north-4", 60.0)
    assert durations.typical_minutes("cn-north-4") == 1.0


def test_a_folder_that_cannot_be_written_does_no_harm(cache):
    cache.parent.write_text("a file in the way")

    durations.record("cn-north-4", 60.0)

    assert durations.typical_minutes("cn-north-4") is None
