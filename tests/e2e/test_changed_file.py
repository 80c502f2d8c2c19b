"""Another ISO file under an unchanged name, as the user of the CLI sees it."""

import pytest

from tests.e2e.cloud import procedure
from tests.e2e.conftest import ISO_9660
from tests.e2e.project import build_settings
from tests.isos import iso

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("preflight")]

MENDED = iso("MENDED", size=300 * 2048)
CHANGED = "lab-images:installer.iso changed: 614400 bytes, etag "


@pytest.mark.recovery("`… changed: …; was …; a new image will be built`")
def test_preview_names_both_files_and_up_builds_from_the_new_one(new_project, lab, cloud, tmp_path):
    project = new_project()
    assert project.up().status == 0
    unchanged = project.preview("--expect-no-changes")
    (tmp_path / "installer.iso").write_bytes(MENDED)
    lab.put(tmp_path / "installer.iso", "lab-images/installer.iso")
    lab.clear_journal()

    previewed = project.preview()
    old, new = cloud.images("FusionCompute"), project.up_after_preview()
    done = procedure(lab)
    again = project.preview("--expect-no-changes")
    gone = project.destroy()
    (tmp_path / "installer.iso").write_bytes(ISO_9660)
    lab.put(tmp_path / "installer.iso", "lab-images/installer.iso")

    assert unchanged.status == 0, unchanged
    for outcome in (previewed, new):
        assert outcome.status == 0, outcome
        assert CHANGED in outcome.output, outcome
        assert f"; was {len(ISO_9660)} bytes, etag " in outcome.output
        assert "; a new image will be built" in outcome.output
        assert "and replaces 1" in outcome.output
    assert 1 == len(old)
    assert ["ISO image", "server", "image from disk", "delete server", "delete image", "delete image"] == done
    assert again.status == 0, again
    assert gone.status == 0, gone
    assert (0, 0, 0) == cloud.everything()


@pytest.mark.recovery("`… has no boot record …`")
def test_a_file_without_boot_record_is_one_error_at_preview(new_project, lab, tmp_path):
    (tmp_path / "data.iso").write_bytes(iso("DATA", ()))
    lab.put(tmp_path / "data.iso", "lab-images/data.iso")
    project = new_project(image_url="lab-images:data.iso")

    outcome = project.preview("--policy-pack", "policy")

    assert outcome.status != 0
    assert 1 == outcome.output.count("has no boot record"), outcome


def test_two_pins_for_one_file_are_a_problem_of_the_configuration(new_project, lab):
    project = new_project()
    builds = [build_settings(lab.env, iso_sha256="a" * 64), build_settings(lab.env, name="b", iso_sha256="b" * 64)]
    project.configure(region="lab-1", builds=builds)

    outcome = project.preview()

    assert outcome.status != 0
    assert "builds: builds 'debian' and 'b' pin different values of iso_sha256 for one file" in outcome.output


def test_a_file_with_another_digest_than_the_pinned_one_ends_the_run_before_anything_is_made(new_project, lab, cloud):
    lab.clear_journal()
    project = new_project(iso_sha256="a" * 64)

    outcome = project.up()
    done = procedure(lab)
    gone = project.destroy()

    assert outcome.status != 0
    assert "has the SHA-256 digest" in outcome.output, outcome
    assert f"but iso_sha256 is {'a' * 64}; nothing was imported and nothing rented" in outcome.output
    assert [] == done
    assert gone.status == 0, gone
