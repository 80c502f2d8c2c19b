"""ISO file on the user's machine, uploaded by the first `up` of a stack."""

import hashlib
from pathlib import Path

import pytest

from config.sign_in import connection
from tests.e2e.cloud import CloudView, procedure
from tests.isos import iso
from tests.labs import RunningLab

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("preflight")]

BUCKET = "isos-of-e2e"


def uploads(lab: RunningLab) -> int:
    """Return the number of parts that the object store has accepted."""
    return sum("partNumber" in str(entry) for entry in lab.journal(service="obs") if entry["method"] == "PUT")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "debian.iso"
    path.write_bytes(iso("UPLOAD"))
    return path


def test_a_file_is_uploaded_once_and_another_content_is_a_new_build(
    new_project, lab: RunningLab, cloud: CloudView, file: Path
):
    lab.clear_journal()
    project = new_project(image_url=None, iso=str(file), iso_bucket=BUCKET, create_iso_bucket=True)

    previewed = project.preview("--policy-pack", "policy")
    sent_by_preview = uploads(lab)
    first = project.up()
    again = project.preview("--expect-no-changes")
    file.rename(file.with_name("moved.iso"))
    lost = project.preview()
    file.with_name("moved.iso").rename(file)

    assert previewed.status == 0, previewed
    assert 0 == sent_by_preview
    assert first.status == 0, first
    assert 1 == uploads(lab)
    assert hashlib.sha256(file.read_bytes()).hexdigest() in str(project.state())
    assert again.status == 0, again
    assert "builds[0].iso: does not exist on this machine" in lost.output

    file.write_bytes(iso("OTHER", size=300 * 2048))
    lab.clear_journal()
    second = project.up()

    assert second.status == 0, second
    assert 1 == uploads(lab)
    assert ["ISO image", "server", "image from disk", "delete server", "delete image", "delete image"] == procedure(lab)
    gone = project.destroy()
    assert gone.status == 0, gone
    assert (0, 0, 0) == cloud.everything()


@pytest.mark.recovery("the uploaded ISO file was deleted outside")
def test_an_upload_that_is_gone_is_uploaded_again_and_nothing_else(
    new_project, lab: RunningLab, cloud: CloudView, file: Path
):
    project = new_project(image_url=None, iso=str(file), iso_bucket=BUCKET, create_iso_bucket=True)
    first = project.up()
    assert first.status == 0, first
    images = sorted(image["id"] for image in cloud.images())
    key = f"iso/{hashlib.sha256(file.read_bytes()).hexdigest()}.iso"
    connection.connect("lab-1", {}, lab.env).obs_uploads.delete_object(BUCKET, key)
    lab.clear_journal()

    again = project.up("--refresh")

    assert again.status == 0, again
    assert 1 == uploads(lab)
    assert [] == procedure(lab)
    assert images == sorted(image["id"] for image in cloud.images())


def test_problems_of_an_upload_are_found_at_preview_together(new_project, lab: RunningLab, file: Path):
    lab.clear_journal()
    project = new_project(image_url=None, iso=str(file), iso_bucket="absent-bucket", iso_sha256="a" * 64)

    outcome = project.preview()

    assert outcome.status != 0
    assert "builds[0].iso_bucket: names bucket 'absent-bucket', which does not exist; create it" in outcome.output
    assert (
        f"has the SHA-256 digest {hashlib.sha256(file.read_bytes()).hexdigest()}, but {'a' * 64} is" in outcome.output
    )
    assert 0 == uploads(lab)
