"""The arithmetic of critical paths and schedules."""

import pytest

from bench.critical_path import Durations, gaps, ideal, ideal_schedule, seconds_of, server_lives, spans_of_build
from bench.job_records import Job, LabClock, from_record

DURATIONS = Durations(import_=60, create=300, install=1200, capture=120, delete=25, notice=5)


def jobs_of_one_build(begin: float, pause: float) -> list[Job]:
    """Return a build whose steps follow each other after a pause."""
    imported = Job("1", "import_image", begin, begin + 60, {})
    created = Job("2", "create_server", imported.end + pause, imported.end + pause + 300, {"server_ids": ["s"]})
    off = created.begin + 270 + 1205
    captured = Job("3", "capture_image", off + pause, off + pause + 120, {})
    deleted = Job("4", "delete_server", captured.end + pause, captured.end + pause + 25, {"server_ids": ["s"]})
    return [imported, created, captured, deleted]


def test_the_installer_begins_when_the_machine_is_on_and_not_when_its_creation_has_ended() -> None:
    assert 270 + 1205 + 120 + 25 == server_lives(DURATIONS)
    assert 60 + server_lives(DURATIONS) == ideal(DURATIONS)


def test_the_critical_path_of_a_build_is_what_the_cloud_has_worked() -> None:
    spans = spans_of_build(jobs_of_one_build(1000, pause=3), DURATIONS, scale=1)

    assert ["import", "create server", "install", "capture", "delete"] == [span.name for span in spans]
    assert ideal(DURATIONS) == pytest.approx(seconds_of(spans))


def test_what_is_added_lies_before_between_and_after_the_cloud_s_work() -> None:
    spans = spans_of_build(jobs_of_one_build(1000, pause=3), DURATIONS, scale=1)

    added = gaps(994, spans, spans[-1].end + 2)

    assert [6, 3, 0, 3, 3, 2] == [pytest.approx(gap.seconds) for gap in added]
    assert seconds_of(spans) + seconds_of(added) == pytest.approx(spans[-1].end + 2 - 994)


@pytest.mark.parametrize(("builds", "servers", "rounds"), [(200, 20, 10), (20, 20, 1), (21, 20, 2), (1, 20, 1)])
def test_where_room_is_limited_servers_follow_each_other(builds: int, servers: int, rounds: int) -> None:
    assert 60 + rounds * server_lives(DURATIONS) == ideal_schedule(DURATIONS, builds, servers)


def test_lab_times_are_turned_into_real_ones() -> None:
    entry = {"time": "2030-01-01T00:00:00.000Z", "real_time": "2026-01-01T00:00:00.000+00:00"}
    clock = LabClock.seen_in(entry, scale=10)
    record = {
        "id": "j",
        "kind": "import_image",
        "begin": "2030-01-01T00:01:00Z",
        "end": "2030-01-01T00:02:00Z",
        "params": {},
    }

    job = from_record(record, clock)

    assert 6 == pytest.approx(job.begin - clock.real)
    assert 6 == pytest.approx(job.seconds)
