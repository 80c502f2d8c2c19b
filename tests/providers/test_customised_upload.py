"""Upload of a copy with answers: customised once, continued after a crash, and explained when it changes."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from config.answers import answer_store
from config.answers.answer_files import Answers
from config.answers.recorded_answers import RecordedAnswers
from config.iso_file.iso_upload import upload_location
from huaweicloud.errors import CloudError
from iso.manifests import sha256_of
from iso.vendor.customisation import customise
from providers.iso_object import IsoObjectProvider
from providers.runtime import clients
from providers.triggers.upload_changes import explanations
from tests.config.answers.profiles.test_profile_values import HASH
from tests.iso.vendor import media
from tests.iso.vendor.medium_layout import write_medium
from tests.labs import RunningLab
from tests.procedure.engine import Resource, as_engine, check
from tests.providers.crashing import crash_at
from tests.providers.stack import Operation, working_on
from tests.providers.test_iso_object import URN, sent_parts

BUCKET = "customised-isos"
TEXT = media.ANSWERS["preseed"] + f"d-i passwd/user-password-crypted password {HASH}\n"
ANSWERS = Answers("preseed", "debian.cfg", TEXT.encode())
RECORDED = RecordedAnswers.of(ANSWERS)


@pytest.fixture(scope="module")
def vendor_iso(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_medium(media.debian(), tmp_path_factory.mktemp("media") / "debian.iso")


@pytest.fixture
def iso(lab: RunningLab, vendor_iso: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the vendor's file, whose copy is uploaded in several parts into an empty bucket."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(answer_store, "_known", {})
    monkeypatch.setattr("providers.iso_file.part_upload.PART_BYTES", 1 << 20)
    monkeypatch.setattr("providers.iso_file.part_upload.AT_ONCE", 1)
    answer_store.store(ANSWERS)
    store = clients.cloud("lab-1").obs_uploads
    store.create_bucket(BUCKET, "lab-1")
    lab.clear_journal()
    yield vendor_iso
    name = (BUCKET, inputs(vendor_iso)["image_url"].partition(":")[2])
    for upload_id in store.find(*name):
        store.abort(*name, upload_id)
    store.delete_object(*name)


def inputs(iso: Path, **changes: Any) -> dict[str, Any]:
    digest = sha256_of(iso)
    location = upload_location(BUCKET, RECORDED.inputs_sha256(digest))
    required = {"region": "lab-1", "source": str(iso), "image_url": location, "sha256": digest}
    return {**required, "answers": RECORDED.model_dump(), **changes}


def create(iso: Path, **changes: Any) -> Resource:
    return working_on(Operation(URN), partial(Resource.create, IsoObjectProvider(), inputs(iso, **changes)))


def copies(tmp_path: Path) -> list[Path]:
    return [*(tmp_path / "cache").rglob("customised/*")]


def test_the_copy_is_uploaded_and_not_kept(iso: Path, tmp_path: Path) -> None:
    before = iso.read_bytes()
    expected = customise(iso, ANSWERS, tmp_path / "expected.iso")

    created = create(iso)

    assert expected.manifest["sha256"] == created["customised_sha256"]
    assert expected.manifest["size_bytes"] == created["size_bytes"]
    assert before == iso.read_bytes()
    assert [] == copies(tmp_path)
    found = clients.cloud("lab-1").obs.head_object(*created.id.split(":", 1))
    assert HASH not in str((created.outputs, created.inputs, found))
    assert created.refresh() is None


def test_a_later_version_whose_copy_differs_uses_the_present_object(
    lab: RunningLab, iso: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = create(iso)
    lab.clear_journal()
    monkeypatch.setattr("iso.vendor.customisation.digest_of_sources", lambda *_: "another version")

    again = create(iso)

    assert (first.id, first["customised_sha256"]) == (again.id, again["customised_sha256"])
    assert [] == sent_parts(lab)


@pytest.mark.parametrize("number", [1, 3])
def test_an_interrupted_upload_goes_on_with_the_same_copy(
    lab: RunningLab, iso: Path, tmp_path: Path, number: int
) -> None:
    with crash_at(number, "after", "PUT"):
        create(iso)
    first, (copy, *_) = sent_parts(lab), sorted(copies(tmp_path))
    assert 0o600 == copy.stat().st_mode & 0o777
    lab.clear_journal()

    created = create(iso)

    sent = sent_parts(lab)
    assert [*range(1, len(first) + len(sent) + 1)] == sorted([*first, *sent])
    assert [] == copies(tmp_path)
    assert created["customised_sha256"]


def test_nothing_is_uploaded_if_the_file_or_the_answers_changed_after_the_preview(
    lab: RunningLab, iso: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = tmp_path / "debian.iso"
    changed.write_bytes(iso.read_bytes())
    checked = check(IsoObjectProvider(), {}, inputs(changed))
    changed.write_bytes(iso.read_bytes()[:-1] + b"x")
    with pytest.raises(CloudError, match=r"has the SHA-256 digest \w+, but \w+ was expected; nothing was uploaded"):
        IsoObjectProvider().create(as_engine(checked))

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another"))
    monkeypatch.setattr(answer_store, "_known", {})
    with pytest.raises(CloudError, match=r"debian\.cfg is not in the cache any more"):
        IsoObjectProvider().create(as_engine({**checked, "source": str(iso)}))

    assert [] == sent_parts(lab)


@pytest.mark.recovery("`the ISO file changed: SHA-256 digest …; was …`")
@pytest.mark.parametrize(
    ("old", "new", "phrases"),
    [
        ({"iso": "a", "answers": "b"}, {"iso": "a", "answers": "b"}, []),
        ({"iso": "a", "answers": "b"}, {"iso": "a", "answers": "c"}, ["answers changed"]),
        ({"iso": "a"}, {"iso": "c"}, ["the ISO file changed: SHA-256 digest c; was a"]),
        ({"iso": "a"}, {"iso": "a", "answers": "b"}, ["answers are added to the ISO file"]),
        ({"iso": "a", "answers": "b"}, {"iso": "a"}, ["answers are not added to the ISO file any more"]),
        (
            {"iso": "a", "answers": "b"},
            {"iso": "c", "answers": "d"},
            ["answers changed", "the ISO file changed: SHA-256 digest c; was a"],
        ),
        (None, {"iso": "a", "answers": "b"}, []),
        ({"iso": "a", "answers": "b"}, None, []),
    ],
)
def test_each_change_has_its_explanation(
    old: dict[str, str] | None, new: dict[str, str] | None, phrases: list[str]
) -> None:
    assert phrases == [*explanations(old, new)]
