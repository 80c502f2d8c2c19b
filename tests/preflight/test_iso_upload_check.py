"""Problems of an upload and its medium, found before it begins."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from config.iso_file.iso_upload import upload_location
from tests.isos import MIB, iso

WHOLE = iso("INSTALLER", ("bios", "uefi"))


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def upload(path: Path, content: bytes, bucket: str = "lab-images", **changes: Any) -> dict[str, Any]:
    """Write a file, and return the settings that upload it."""
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    return {"iso": str(path), "image_url": upload_location(bucket, digest), "iso_sha256": digest, **changes}


def test_nothing_is_wrong_with_an_upload_that_works(found, local, tmp_path):
    assert [] == found(local(**upload(tmp_path / "debian.iso", WHOLE)))
    assert [] == found(local(**upload(tmp_path / "debian.iso", WHOLE, "a-new-bucket", create_iso_bucket=True)))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (iso("CUT", size=3 * MIB)[: 2 * MIB], "is truncated: 2 of 3 MiB"),
        (iso("DATA", ()), "has no boot record"),
        (b"this is no disc image\n" * 4096, "is not a disc image"),
    ],
    ids=["truncated", "no boot record", "no disc image"],  # a name of ten megabytes would be sent to each worker
)
def test_half_a_file_and_one_that_does_not_boot_are_found_on_this_machine(found, local, tmp_path, content, words):
    (finding,) = found(local(3, **upload(tmp_path / "debian.iso", content)))

    assert ("error", "builds[3].iso", str(tmp_path / "debian.iso")) == (finding.severity, finding.key, finding.value)
    assert words in str(finding)


def test_all_problems_of_an_upload_are_named_for_each_build(found, local, tmp_path):
    settings = upload(tmp_path / "debian.iso", WHOLE, "absent-bucket")
    (tmp_path / "debian.iso").write_bytes(b"another")

    lines = [str(finding) for finding in found(local(0, **settings), local(1, **settings))]

    for index in (0, 1):
        assert any(line.startswith(f"builds[{index}].iso_bucket: names bucket 'absent-bucket'") for line in lines)
        assert any(line.startswith(f"builds[{index}].iso: ") and "has the SHA-256 digest" in line for line in lines)
