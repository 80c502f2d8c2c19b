"""Builds whose durations estimate those of another build."""

from pathlib import Path
from typing import Any

import pytest

from preflight import duration_history
from preflight.duration_history import content_key, rental_minutes
from preflight.plan import plan
from providers.runtime import process, similar_builds
from providers.runtime.similar_builds import basis_of, record
from tests.labs import RunningLab
from tests.preflight.builds import build
from tests.providers.stack import Stack

FILE = {"image_url": "images:installer.iso"}
TAGGED = {"size_bytes": 5000.0, "etag": "a1"}


@pytest.fixture(autouse=True)
def nothing_known() -> None:
    similar_builds.forget()


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the messages on the rows of installations."""
    found: list[str] = []

    def log(message: str, *_: Any, **__: Any) -> None:
        if message.startswith("installing"):
            found.append(message)

    monkeypatch.setattr(process, "log", log)
    return found


def test_a_first_build_of_an_iso_file_reports_an_unknown_end_and_the_next_one_its_duration(
    stack: Stack, lab: RunningLab, rows: list[str], tmp_path: Path
) -> None:
    lab.change_settings(guest={"install_s": 3})
    (tmp_path / "other.iso").write_bytes(Path(lab.state.parent / "installer.iso").read_bytes() + b"other")
    lab.put(tmp_path / "other.iso", "lab-images/other.iso")
    said = []
    for settings in ({}, {"rebuild": "again"}, {"image_url": "lab-images:other.iso"}, {"flavor": "s7.large.2"}):
        stack.settings = {**settings, "rebuild": str(settings)}
        rows.clear()
        stack.up()
        said.append("end unknown" in rows[0])
        assert (" left" in rows[0]) != said[-1]

    assert [True, False, True, True] == said


@pytest.mark.parametrize(
    ("content", "is_same"),
    [
        (TAGGED, True),
        ({"size_bytes": 5000, "etag": "a1", "last_modified": "later"}, True),
        ({"size_bytes": 5000.0, "etag": "b2"}, False),
        ({"size_bytes": 5001.0, "etag": "a1"}, False),
        (None, False),
        ({}, False),
    ],
)
def test_another_content_under_the_same_name_is_another_file(content: Any, is_same: bool) -> None:
    assert is_same == (content_key(TAGGED, FILE) == content_key(content, FILE))


def test_steps_are_compared_by_what_they_depend_on() -> None:
    for build_id, flavor in (("one", "s6.large.2"), ("two", "s6.large.2"), ("three", "s7.large.2")):
        record(build_id, {"triggers": FILE, "content": TAGGED})
        record(f"server-{build_id}", {"build_id": build_id, "flavor": flavor})

    one, two, three = ({"build_id": build_id} for build_id in ("one", "two", "three"))
    for step in ("installation", "captured_image"):
        assert basis_of(step, one) == basis_of(step, two) != basis_of(step, three)
    assert basis_of("iso_image", one) == basis_of("iso_image", three)
    assert basis_of("rental", {"server_id": "server-one"}) == basis_of("rental", {"server_id": "server-two"})
    assert {""} == {basis_of(step, one) for step in ("temporary_server", "teardown")}
    assert basis_of("installation", {"build_id": "unknown"}) is None


def test_the_plan_estimates_where_no_build_of_the_file_has_finished(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    known, new = build(0, content=TAGGED), build(1, content={**TAGGED, "etag": "b2"})
    basis = duration_history.basis(content_key(TAGGED, {"image_url": known.image_url}), known.flavor)
    duration_history.record("r", "rental", 600.0, basis)

    cases = ([known], [new], [known, new])
    lines = [str(plan(builds, [], minutes_of=lambda build: rental_minutes("r", build))) for builds in cases]

    assert "for about 10 min and" in lines[0]
    assert "estimate" not in lines[0]
    assert "for about 30 min and" in lines[1]
    assert "the duration is an estimate, because no build of that ISO file" in lines[1]
    assert "for about 20 min each and" in lines[2]
    assert "estimate" in lines[2]
