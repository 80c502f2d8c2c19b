"""Setting `answers`: the location of the customised file, its triggers, and all problems at once."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from config.answers import answer_store, recorded_answers
from config.builds.checked_build import Build
from tests.config.answers.profiles.test_profile_values import HASH
from tests.config.build_problems import BUILD, read_builds
from tests.iso.vendor import media

CONTENT = b"content of a vendor's file"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
WITHOUT_FILE = {key: value for key, value in BUILD.items() if key != "image_url"}
USER = {"name": "image-admin", "password_hash": HASH}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder with a vendor's file and answers."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(answer_store, "_known", {})
    (tmp_path / "debian.iso").write_bytes(CONTENT)
    os.utime(tmp_path / "debian.iso", (1, 1))
    for kind, text in media.ANSWERS.items():
        (tmp_path / f"{kind}.cfg").write_text(text)
    return tmp_path


def read(answers: Any, **changes: Any) -> tuple[Any, list[str]]:
    values = {**WITHOUT_FILE, "iso": "debian.iso", "iso_bucket": "isos", "answers": answers, **changes}
    builds, problems = read_builds([values], {})
    return (builds[0] if builds else None), problems


def triggers(answers: Any, **changes: Any) -> dict[str, Any]:
    build, problems = read(answers, **changes)
    assert [] == problems
    return {**build.triggers, **build.made_of}


@pytest.mark.parametrize("kind", media.ANSWERS)
def test_a_file_of_each_kind_is_read_once_and_its_digest_is_a_trigger(kind: str):
    build, problems = read({kind: f"{kind}.cfg"})

    assert [] == problems
    expected = hashlib.sha256(media.ANSWERS[kind].encode()).hexdigest()
    assert {"answers": expected, "iso": DIGEST} == build.made_of
    assert build.triggers_with("") == Build.of(build).triggers_with("")


def test_the_location_follows_from_the_file_and_the_answers_only(folder: Path):
    first = triggers({"preseed": "preseed.cfg"})
    (folder / "preseed.cfg").rename(folder / "same.cfg")
    moved = triggers({"preseed": str(folder / "same.cfg")})
    (folder / "debian.iso").unlink()
    without_file = triggers({"preseed": "same.cfg"}, iso_sha256=DIGEST)
    other_file = triggers({"preseed": "same.cfg"}, iso_sha256="a" * 64)
    (folder / "same.cfg").write_text(media.ANSWERS["preseed"] + "d-i time/zone string UTC\n")
    other_answers = triggers({"preseed": "same.cfg"}, iso_sha256=DIGEST)

    assert first == moved == without_file
    locations = {found["image_url"] for found in (first, other_file, other_answers)}
    assert 3 == len(locations)
    assert f"isos:iso/{DIGEST}.iso" not in locations


def test_another_edition_of_the_change_is_another_location(monkeypatch: pytest.MonkeyPatch):
    before = triggers({"preseed": "preseed.cfg"})
    monkeypatch.setattr(recorded_answers, "EDITION", recorded_answers.EDITION + 1)

    assert before["image_url"] != triggers({"preseed": "preseed.cfg"})["image_url"]


def test_a_profile_has_the_answers_of_its_values():
    default = triggers({"profile": "debian"})

    assert default == triggers({"profile": "debian", "values": {}})
    assert default["answers"] != triggers({"profile": "debian", "values": {"packages": ["vim"]}})["answers"]
    assert default["answers"] != triggers({"profile": "debian", "values": {"user": USER}})["answers"]


def test_no_secret_is_in_what_the_state_records_and_the_store_is_private(folder: Path):
    build, problems = read({"profile": "debian", "values": {"user": USER}})
    answer_store.store(build.answers.content)

    assert [] == problems
    recorded = Build.of(build).model_dump(mode="json", exclude_none=True)
    assert HASH not in str((recorded, build.triggers, build, build.answers))
    assert {"kind", "name", "sha256", "parameters"} == {*recorded["answers"]}
    (stored,) = (folder / "cache").rglob(build.made_of["answers"])
    assert (0o600, True) == (stored.stat().st_mode & 0o777, HASH in stored.read_text())
    answer_store._known.clear()
    assert build.answers.content == answer_store.find(build.recorded_answers)
    stored.write_text("d-i changed/by string another\n")
    assert answer_store.find(build.recorded_answers) is None


def test_the_vendors_digest_does_not_pin_the_customised_object():
    build, _ = read({"preseed": "preseed.cfg"}, iso_sha256=DIGEST)
    without, _ = read(None, iso_sha256=DIGEST)

    assert (None, DIGEST) == (build.object_sha256, build.iso_sha256)
    assert DIGEST == without.object_sha256
    assert "answers" not in Build.of(without).model_dump(mode="json", exclude_none=True)
    assert {"iso": DIGEST} == without.made_of


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        ({}, "answers: must set exactly one of `preseed`, `autoinstall`, `kickstart`, `autoyast`, `profile`"),
        ({"preseed": "preseed.cfg", "profile": "debian"}, "answers: must set exactly one of"),
        ({"preseed": "preseed.cfg", "values": {"a": 1}}, "answers: must not set `values` without `profile`"),
        ("preseed.cfg", "answers: must be a mapping of settings"),
        ({"preseeds": "a"}, "answers.preseeds: is not a known key; did you mean 'preseed'?"),
        ({"preseed": "none.cfg"}, "answers.preseed: names "),
        ({"preseed": "kickstart.cfg"}, "answers.preseed: kickstart.cfg looks like a kickstart file"),
        ({"profile": "debain"}, "answers.profile: should be 'debian', 'ubuntu', 'anaconda' or 'suse'"),
        ({"profile": "debian", "values": {"profile": "suse"}}, "answers.values.profile: is not a value"),
        ({"profile": "debian", "values": {"pakages": []}}, "answers.values.pakages: is not a known key; did you mean"),
        ({"profile": "debian", "values": {"disk": "/dev/vda"}}, "answers.values.disk: is the first disk"),
        (
            {"profile": "debian", "values": {"user": {"name": "a", "password_hash": "opensesame"}}},
            "answers.values.user.password_hash: must be a hash",
        ),
    ],
    ids=range(12),
)
def test_a_problem_is_one_sentence_with_its_key(answers: Any, problem: str):
    build, problems = read(answers)

    assert build is None
    assert [True] == [line.startswith(f"builds[0].{problem}") for line in problems], problems
    assert "opensesame" not in str(problems)


@pytest.mark.recovery("`answers: requires the vendor's file …`")
@pytest.mark.parametrize("source", [{"iso": "isos:debian.iso"}, {"iso": None, "image_url": "isos:debian.iso"}])
def test_answers_require_the_file(source: dict[str, Any]):
    assert (
        "builds[0].answers: requires the vendor's file: set `iso` to a path on this machine or an https URL"
        in read({"preseed": "preseed.cfg"}, **source)[1]
    )


def test_all_problems_are_reported_together():
    _, problems = read(
        {"profile": "debian", "values": {"disk": "/dev/vda", "time_zone": "?"}}, iso="none.iso", iso_bucket="B"
    )

    assert [
        "builds[0].iso_bucket",
        "builds[0].iso",
        "builds[0].answers.values.time_zone",
        "builds[0].answers.values.disk",
    ] == [line.partition(": ")[0] for line in problems]
