"""Answers for a vendor's ISO file: the stack customises, uploads and builds, and explains each new build."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.config.answers.profiles.test_profile_values import HASH
from tests.e2e.cloud import CloudView, procedure
from tests.e2e.consumer import Consumer, inputs
from tests.e2e.project import Project
from tests.iso.vendor import media
from tests.iso.vendor.medium_layout import write_medium
from tests.labs import RunningLab
from tests.provenance_schema import require_valid

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("preflight")]

BUCKET = "customised-isos"


@pytest.fixture(scope="module")
def vendor_iso(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a medium in the layout of Debian's netinst."""
    return write_medium(media.debian(), tmp_path_factory.mktemp("vendor") / "debian.iso")


@pytest.mark.recovery("`answers changed; a new image will be built`")
def test_answers_are_added_once_and_other_answers_are_a_new_build(
    new_project, lab: RunningLab, cloud: CloudView, vendor_iso: Path, tmp_path: Path
):
    lab.clear_journal()
    answers = tmp_path / "debian.cfg"
    answers.write_text(media.ANSWERS["preseed"] + f"d-i passwd/user-password-crypted password {HASH}\n")
    project = new_project(
        image_url=None,
        iso=str(vendor_iso),
        iso_bucket=BUCKET,
        create_iso_bucket=True,
        answers={"preseed": str(answers)},
        max_age_days=30,
    )

    previewed = project.preview("--policy-pack", "policy")
    first = project.up()
    again = project.preview("--expect-no-changes")

    assert previewed.status == 0, previewed
    assert first.status == 0, first
    assert again.status == 0, again
    assert "debian.iso" in str(project.state())
    named = _dependencies(project)
    assert ["iso", "vendor-iso", "answers"] == list(named)
    assert sha256(vendor_iso.read_bytes()).hexdigest() == named["vendor-iso"]["digest"]["sha256"]
    assert sha256(answers.read_bytes()).hexdigest() == named["answers"]["digest"]["sha256"]
    assert named["iso"]["digest"]["sha256"] not in str([named["vendor-iso"], named["answers"]])
    assert HASH not in str(project.state()) + previewed.output + first.output + again.output
    cache = Path(project.variables["XDG_CACHE_HOME"]) / "huaweicloud-image-from-iso"
    assert [] == [*(cache / "customised").iterdir()]

    answers.write_text(media.ANSWERS["preseed"])
    lab.clear_journal()
    changed = project.preview()
    second = project.up()

    assert "answers changed; a new image will be built" in changed.output, changed
    assert second.status == 0, second
    assert "answers changed; a new image will be built" in second.output, second
    assert ["ISO image", "server", "image from disk", "delete server", "delete image", "delete image"] == procedure(lab)

    _age_of_build(project, timedelta(days=31, hours=1))
    aged = project.preview()
    third = project.up()
    young = project.preview("--expect-no-changes")

    explained = "image is 31 days old, max_age_days is 30; a new image will be built"
    assert explained in aged.output, aged
    assert (0, True) == (third.status, explained in third.output), third
    assert young.status == 0, young
    gone = project.destroy()
    assert gone.status == 0, gone
    assert (0, 0, 0) == cloud.everything()


def _dependencies(project: Project) -> dict[str, Any]:
    """Return what the statement of the image's provenance names as its sources, by their names."""
    outputs = [resource.get("outputs", {}) for resource in project.state()["deployment"]["resources"]]
    (text,) = [found["provenance"] for found in outputs if "min_disk" in found and "provenance" in found]
    assert str(project.folder) not in text
    entries = require_valid(text)["predicate"]["buildDefinition"]["resolvedDependencies"]
    return {entry["name"]: entry for entry in entries}


def _age_of_build(project: Project, age: timedelta) -> None:
    """Let the state say that the build began so long ago."""
    deployment = project.state()
    file = project.folder / "edited.json"
    for resource in deployment["deployment"]["resources"]:
        if "built_at" in resource.get("outputs", {}):
            resource["outputs"]["built_at"] = (datetime.now(UTC) - age).isoformat()
    file.write_text(json.dumps(deployment))
    assert project.pulumi("stack", "import", "--stack", "test", "--file", str(file)).status == 0


def test_a_program_with_the_provider_adds_answers_with_a_secret_of_its_configuration(
    lab: RunningLab, cloud: CloudView, vendor_iso: Path, tmp_path: Path
):
    consumer = Consumer(tmp_path / "consumer", lab.env)
    source: dict[str, Any] = {"imageUrl": None, "iso": str(vendor_iso), "isoBucket": BUCKET, "createIsoBucket": True}
    defaults = {"answers": {"profile": "debian", "values": {"user": {"name": "image-admin"}}}}
    consumer.configure(
        builds={"golden": {key: value for key, value in inputs(lab, **source).items() if value is not None}},
        **{"huaweicloud-image:region": "lab-1", "huaweicloud-image:defaults": defaults},
    )
    path = "huaweicloud-image:defaults.answers.values.user.password_hash"
    set_secret = consumer.pulumi("config", "set", "--stack", "test", "--secret", "--path", path, HASH)

    first = consumer.up()
    again = consumer.preview("--expect-no-changes")

    assert set_secret.status == 0, set_secret
    assert HASH not in (consumer.program / "Pulumi.test.yaml").read_text()
    assert first.status == 0, first
    assert again.status == 0, again
    assert HASH not in str(consumer.state()) + first.output + again.output
    upload = next(one for key, one in consumer.resources().items() if key.startswith("IsoObject"))
    assert ("profile debian", "preseed") == tuple(upload["inputs"]["answers"][key] for key in ("name", "kind"))
    assert consumer.destroy().status == 0
    assert (0, 0, 0) == cloud.everything()


def test_problems_of_answers_are_found_at_preview_together(new_project, lab: RunningLab, vendor_iso: Path):
    project = new_project(
        image_url=None,
        iso=str(vendor_iso),
        iso_bucket="absent-bucket",
        answers={"profile": "ubuntu", "values": {"user": {"name": "image-admin", "password_hash": HASH}}},
    )

    outcome = project.preview()

    assert outcome.status != 0
    assert "builds[0].iso_bucket: names bucket 'absent-bucket', which does not exist; create it" in outcome.output
    assert "builds[0].answers: cannot be added: profile ubuntu is for Ubuntu's live server, but" in outcome.output
    assert "reads preseed answers." in outcome.output
    assert HASH not in outcome.output
