"""Problems of answers and of the medium that they are added to, found at preview without writing anything."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from config.answers import answer_store
from config.answers.answer_files import AnswerKind, Answers
from config.answers.recorded_answers import RecordedAnswers
from config.iso_file.iso_upload import upload_location
from preflight.checks import answers_check
from tests import isos
from tests.iso.vendor import media
from tests.iso.vendor.medium_layout import write_medium
from tests.iso.vendor.test_refusals import no_entry, unknown


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    answers_check._refusal.cache_clear()


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_medium(media.debian(), tmp_path_factory.mktemp("media") / "debian.iso")


def with_answers(iso: Path | str, kind: AnswerKind = "preseed", text: str = "", **changes: Any) -> dict[str, Any]:
    """Return the settings of a build with answers."""
    content = (text or media.ANSWERS[kind]).encode()
    recorded = RecordedAnswers.of(answer_store.remembered(Answers(kind, f"{kind}.cfg", content)))
    file = Path(iso)
    digest = hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else "a" * 64
    location = upload_location(changes.pop("bucket", "lab-images"), recorded.inputs_sha256(digest))
    return {"iso": str(iso), "image_url": location, "iso_sha256": digest, "answers": recorded, **changes}


def lines(found: Any, *builds: Any) -> list[str]:
    return [str(finding) for finding in found(*builds)]


def test_nothing_is_wrong_with_answers_that_fit_their_medium(found, local, debian, tmp_path):
    assert [] == lines(found, local(**with_answers(debian)))
    assert [] == [*tmp_path.rglob("*.iso")]


@pytest.mark.recovery("`answers: cannot be added: …`")
def test_all_problems_of_a_build_are_reported_together(found, local, debian):
    builds = [local(number, **with_answers(debian, "kickstart", bucket="absent-bucket")) for number in (0, 1)]

    reported = lines(found, *builds)

    for number in (0, 1):
        expected = f"builds[{number}].answers: cannot be added: kickstart.cfg is for Anaconda"
        assert 1 == sum(line.startswith(expected) and "reads preseed answers." in line for line in reported)
        assert 1 == sum(line.startswith(f"builds[{number}].iso_bucket: names bucket") for line in reported)


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        (None, "is a UDF medium, as Windows has"),
        (unknown, "has no known installer. Supported are Debian's installer"),
        (no_entry, "No boot configuration that starts the installer was found"),
    ],
    ids=["Windows", "unknown", "no boot configuration"],
)
def test_a_medium_that_cannot_have_answers_is_refused_with_the_procedure(found, local, tmp_path, layout, text):
    if layout is None:
        (tmp_path / "vendor.iso").write_bytes(isos.udf(100))
    else:
        write_medium(layout(), tmp_path / "vendor.iso")

    (line,) = [line for line in lines(found, local(**with_answers(tmp_path / "vendor.iso"))) if "answers" in line]

    assert line.startswith("builds[0].answers: cannot be added: ")
    assert text in line
    assert "By hand: " in line


@pytest.mark.recovery("`answers: … selects the first disk …` (a warning)")
def test_answers_for_the_first_disk_are_a_warning(found, local, debian):
    text = media.ANSWERS["preseed"].replace("/dev/vdb", "/dev/vda")

    findings = found(local(**with_answers(debian, text=text)))

    assert {"warning"} == {finding.severity for finding in findings}
    assert all("selects the first disk (/dev/vda); the image is made" in str(finding) for finding in findings)


def test_missing_programs_are_named_with_their_packages(found, local, debian, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    (line,) = lines(found, local(**with_answers(debian)))

    assert (
        "cannot be added: Adding answers to an ISO needs xorriso, mcopy, mdir. Install mtools xorriso: apt-get" in line
    )


def test_space_for_the_copy_is_checked(found, local, debian, monkeypatch):
    monkeypatch.setattr(answers_check, "free_bytes", lambda _folder: 10 * isos.MIB)

    (line,) = lines(found, local(**with_answers(debian)))

    assert "answers: require " in line
    assert "MiB for a copy, but " in line
    assert "has 10 MiB free; delete files there, or set XDG_CACHE_HOME" in line


@pytest.mark.recovery("`answers: cannot be read from …`")
def test_answers_that_the_cache_lacks_are_reported(found, local, debian, monkeypatch):
    settings = with_answers(debian)
    monkeypatch.setattr(answer_store, "_known", {})

    (line,) = lines(found, local(**settings))

    assert line.startswith("builds[0].answers: cannot be read from ")


def test_neither_file_nor_programs_are_required_after_the_upload(found, local, debian, connect, monkeypatch):
    settings = with_answers(debian)
    key = settings["image_url"].partition(":")[2]
    inputs = settings["answers"].inputs_sha256(settings["iso_sha256"])
    headers = {"x-obs-meta-inputs-sha256": inputs}
    connect().obs.send("PUT", "lab-images", key, "put an upload", body=isos.iso("ANSWERED"), headers=headers)
    monkeypatch.setenv("PATH", "/nonexistent")
    settings["iso"] = "/nonexistent/debian.iso"

    assert [] == lines(found, local(**settings))


def test_an_object_of_another_program_is_refused(found, local, debian, connect):
    settings = with_answers(debian, text=media.ANSWERS["preseed"] + "# another\n")
    key = settings["image_url"].partition(":")[2]
    connect().obs.send("PUT", "lab-images", key, "put a foreign object", body=isos.iso("FOREIGN"))

    assert any("is not an upload of this program" in line for line in lines(found, local(**settings)))
