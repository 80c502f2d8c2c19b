"""Setting `iso`: the location that follows from it, and its problems."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from config.iso_file import local_iso
from config.iso_file.iso_upload import resolved
from tests.config.build_problems import BUILD, read_builds

CONTENT = b"content of a file"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
WITHOUT_FILE = {key: value for key, value in BUILD.items() if key != "image_url"}


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an ISO file in the working folder, which was written long ago."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "debian.iso"
    path.write_bytes(CONTENT)
    os.utime(path, (1, 1))
    return path


def read(defaults: dict[str, Any] | None = None, **changes: Any) -> tuple[Any, list[str]]:
    builds, problems = read_builds([{**WITHOUT_FILE, **changes}], defaults or {})
    return (builds[0] if builds else None), problems


def test_the_location_of_a_file_on_this_machine_is_its_digest(file: Path):
    absolute, relative = read(iso=str(file), iso_bucket="isos"), read(iso="debian.iso", iso_bucket="isos")

    for build, problems in (absolute, relative):
        assert [] == problems
        assert (f"isos:iso/{DIGEST}.iso", DIGEST) == (build.image_url, build.iso_sha256)
    assert resolved(absolute[0].model_dump()) == (absolute[0].model_dump(), [])


def test_an_object_in_the_store_is_the_same_as_image_url():
    build, problems = read(iso="isos:debian.iso")

    assert [] == problems
    assert read(image_url="isos:debian.iso")[0] == build


def test_a_pinned_digest_needs_no_file():
    for iso in ("none.iso", "https://example.test/debian.iso"):
        build, problems = read(iso=iso, iso_bucket="isos", iso_sha256="A" * 64)

        assert [] == problems
        assert (f"isos:iso/{'a' * 64}.iso", "a" * 64) == (build.image_url, build.iso_sha256)


def test_a_build_replaces_the_file_of_the_defaults():
    defaults = {"iso": "none.iso", "iso_bucket": "isos"}

    assert "isos:a.iso" == read(defaults, image_url="isos:a.iso")[0].image_url
    assert f"isos:iso/{DIGEST}.iso" == read({**defaults, "image_url": "isos:a.iso"}, iso="debian.iso")[0].image_url


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"iso": "none.iso", "iso_bucket": "isos"}, ["iso: does not exist on this machine; correct the path"]),
        ({"iso": ".", "iso_bucket": "isos"}, ["iso: is not a regular file"]),
        ({"iso": "none.iso"}, ["iso_bucket: is missing; set it to the bucket", "iso: does not exist"]),
        ({"iso": "debian.iso", "iso_bucket": "Isos"}, ["iso_bucket: a bucket has 3 to 63 lower-case letters"]),
        ({"iso": "debian.iso", "iso_bucket": "a/b"}, ["iso_bucket: must be the name of a bucket"]),
        ({"iso": "https://example.test/a.iso", "iso_bucket": "isos"}, ["iso_sha256: is missing; set it to the digest"]),
        ({"iso": "https://me:pw@example.test/a.iso"}, ["iso: must be a URL without user, password"]),
        ({"iso": "https://example.test/a.iso?signature=pw"}, ["iso: must be a URL without user, password"]),
        ({"iso": "http://example.test/a.iso"}, ["iso: must be a path, an https URL of a file"]),
        ({"iso": "isos:debian.img"}, ["iso: the object must be an ISO file"]),
        ({"iso": 5}, ["iso: must be text"]),
        ({"iso": "debian.iso", "image_url": "isos:a.iso", "iso_bucket": "isos"}, ["iso: and image_url are both set"]),
        ({"iso": "isos:b.iso", "image_url": "isos:a.iso"}, ["iso: and image_url are both set"]),
        ({"iso": "debian.iso", "iso_bucket": "isos", "iso_sha256": "12"}, ["iso_sha256: must be a SHA-256 digest"]),
        (
            {"iso": "none.iso", "iso_bucket": "isos", "min_disk": 0},
            ["iso: does not exist", "min_disk: should be greater"],
        ),
    ],
)
def test_problems_are_reported_together_without_secrets(changes: dict[str, Any], words: list[str]):
    build, problems = read(**changes)

    assert build is None
    assert len(words) == len(problems), problems
    for line, text in zip(problems, words, strict=True):
        assert line.startswith(f"builds[0].{text}")
        assert "pw" not in line


def test_a_digest_is_computed_again_after_a_change_only(file: Path, monkeypatch: pytest.MonkeyPatch):
    assert DIGEST == local_iso.sha256_of(str(file))
    monkeypatch.setattr(hashlib, "sha256", None)
    assert DIGEST == local_iso.sha256_of(str(file))
    monkeypatch.undo()
    file.write_bytes(b"another")

    assert DIGEST != local_iso.sha256_of(str(file))


def test_a_damaged_cache_is_ignored(file: Path):
    local_iso.sha256_of(str(file))
    local_iso._file().write_text("[")

    assert DIGEST == local_iso.sha256_of(str(file))
