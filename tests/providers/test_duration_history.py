"""History of the durations of earlier builds on this machine."""

import json
import multiprocessing
import threading

import pytest

from preflight import duration_history
from preflight.duration_history import RENTAL


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "huaweicloud-image-from-iso" / "durations.json"


def test_nothing_is_known_before_the_first_build():
    assert duration_history.median_minutes("cn-north-4") is None
    assert duration_history.expected_s("cn-north-4", "installation") is None


def test_the_middle_of_what_builds_of_a_region_took_is_typical():
    for seconds in (60.0, 6000.0, 120.0):
        duration_history.record("cn-north-4", RENTAL, seconds)
    duration_history.record("lab-1", RENTAL, 3.0)

    assert duration_history.median_minutes("cn-north-4") == 2.0
    assert duration_history.median_minutes("lab-1") == 0.05


def test_each_step_of_each_region_is_known_by_itself():
    duration_history.record("cn-north-4", "iso_image", 100.0)
    duration_history.record("cn-north-4", "installation", 900.0)
    duration_history.record("lab-1", "installation", 9.0)

    assert (100.0, 900.0) == tuple(
        duration_history.expected_s("cn-north-4", step) for step in ("iso_image", "installation")
    )
    assert 9.0 == duration_history.expected_s("lab-1", "installation")
    assert duration_history.expected_s("lab-1", "iso_image") is None
    assert duration_history.median_minutes("cn-north-4") is None


def test_each_iso_file_and_flavor_is_known_by_itself(cache):
    duration_history.record("lab-1", "installation", 14.0, "0123456789abcdef")
    duration_history.record("lab-1", RENTAL, 120.0, "0123456789abcdef")

    assert 14.0 == duration_history.expected_s("lab-1", "installation", "0123456789abcdef")
    assert 2.0 == duration_history.median_minutes("lab-1", "0123456789abcdef")
    for basis in ("", "fedcba9876543210"):
        assert duration_history.expected_s("lab-1", "installation", basis) is None
        assert duration_history.median_minutes("lab-1", basis) is None


def test_entries_of_earlier_versions_stay_as_they_are(cache):
    cache.parent.mkdir()
    earlier = {"cn-north-4": {"rental": [60.0], "installation": [50.0], "teardown": [5.0]}}
    cache.write_text(json.dumps(earlier))

    duration_history.record("cn-north-4", "installation", 14.0, "0123456789abcdef")

    added = {"installation 0123456789abcdef": [14.0]}
    assert {"cn-north-4": {**earlier["cn-north-4"], **added}} == json.loads(cache.read_text())
    assert 5.0 == duration_history.expected_s("cn-north-4", "teardown")


def test_entries_of_many_iso_files_stay_few(cache):
    for number in range(300):
        duration_history.record("lab-1", "installation", 1.0, f"{number:016x}")

    assert 200 == len(json.loads(cache.read_text())["lab-1"])
    assert 1.0 == duration_history.expected_s("lab-1", "installation", f"{299:016x}")
    assert duration_history.expected_s("lab-1", "installation", f"{0:016x}") is None


def test_only_the_last_twenty_count():
    for seconds in [600.0] * 30 + [60.0] * 20:
        duration_history.record("cn-north-4", RENTAL, seconds)

    assert duration_history.median_minutes("cn-north-4") == 1.0


def test_the_file_stays_small_and_the_latest_regions_are_kept(cache):
    duration_history.record("first", "teardown", 1.0)
    for number in range(150):
        duration_history.record(f"region-{number}", "teardown", 1.0)

    assert 100 == len(json.loads(cache.read_text()))
    assert duration_history.expected_s("first", "teardown") is None
    assert 1.0 == duration_history.expected_s("region-149", "teardown")


UNUSABLE = {
    "empty": "",
    "list": "[]",
    "cut short": "{",
    "number": '{"cn-north-4": 5}',
    "no durations": '{"cn-north-4": ["x", -1, true]}',
    "binary": "\0",
    "unknown step": '{"cn-north-4": {"rental": "x", "unknown step": [5]}}',
    "no finite ones": '{"cn-north-4": {"rental": [NaN, Infinity, 0]}}',
    "deep": "[" * 100_000,
    "huge": '{"cn-north-4": {"rental": [' + "1," * 1_000_000 + "1]}}",
}


@pytest.mark.parametrize("content", UNUSABLE.values(), ids=UNUSABLE)
def test_a_file_that_cannot_be_used_is_as_none(cache, content):
    cache.parent.mkdir()
    cache.write_text(content)

    assert duration_history.median_minutes("cn-north-4") is None
    duration_history.record("cn-north-4", RENTAL, 60.0)
    assert duration_history.median_minutes("cn-north-4") == 1.0


def test_what_earlier_versions_have_kept_counts_as_rentals(cache):
    cache.parent.mkdir()
    cache.write_text('{"cn-north-4": [60.0, 180.0, 120.0]}')

    assert duration_history.median_minutes("cn-north-4") == 2.0
    duration_history.record("cn-north-4", "teardown", 5.0)
    assert duration_history.median_minutes("cn-north-4") == 2.0


def test_a_folder_that_cannot_be_written_does_no_harm(cache):
    cache.parent.write_text("a file in the way")

    duration_history.record("cn-north-4", RENTAL, 60.0)

    assert duration_history.median_minutes("cn-north-4") is None


def test_many_processes_and_threads_leave_a_good_file_that_was_good_all_the_time(cache):
    duration_history.record("lab-1", "teardown", 1.0)
    processes = [multiprocessing.get_context("spawn").Process(target=record_in_threads) for _ in range(3)]
    for process in processes:
        process.start()

    while any(process.is_alive() for process in processes):
        processes[0].join(0.05)
        assert {1.0} == set(json.loads(cache.read_text())["lab-1"]["teardown"])

    assert [0, 0, 0] == [process.exitcode for process in processes]
    assert [cache] == list(cache.parent.iterdir())


def record_in_threads() -> None:
    def record() -> None:
        for _ in range(25):
            duration_history.record("lab-1", "teardown", 1.0)

    threads = [threading.Thread(target=record) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
