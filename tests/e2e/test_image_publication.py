"""Publication under the CLI: a channel that moves to new images and back, and who may publish to it."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from providers.channels import published_images
from providers.runtime import clients
from tests.e2e.cloud import CloudView, procedure
from tests.e2e.project import Outcome, Project, build_settings
from tests.labs import RunningLab
from tests.providers.crashing import new_process

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("image publication")]

FAMILY = "debian-12"


@pytest.fixture(scope="module")
def project(lab: RunningLab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    made = Project(tmp_path_factory.mktemp("publication") / "project", lab.env)
    yield made
    made.destroy()


@pytest.fixture(autouse=True)
def _client(lab: RunningLab, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in lab.env.items():
        monkeypatch.setenv(name, value)
    new_process()


def configure(project: Project, lab: RunningLab, channel: str = "stable", **settings: Any) -> None:
    publish = {"publish": {"family": FAMILY, "channel": channel}} if channel else {}
    build = build_settings(lab.env, keep_images=1, **publish, **settings)
    project.configure(region=lab.env["HW_REGION_NAME"], builds=[build])


def up(project: Project, lab: RunningLab, channel: str = "stable", **settings: Any) -> Outcome:
    configure(project, lab, channel, **settings)
    outcome = project.up_after_preview()
    assert outcome.status == 0, outcome
    return outcome


def reader(lab: RunningLab, channel: str = "stable") -> str:
    return published_images.find(clients.cloud(lab.env["HW_REGION_NAME"]), FAMILY, channel).id


def test_a_channel_moves_to_new_images_and_back(project: Project, lab: RunningLab, cloud: CloudView) -> None:
    up(project, lab, "")
    unpublished = project.deployment()["resources"]
    assert not [found for found in unpublished if found["type"].endswith(":ImagePublication")]
    first = project.outputs()

    added = up(project, lab)
    assert "stack_digest" not in str(unpublished)
    assert "+ 1 created" in added.output
    assert "channel stable of family debian-12 points to image debian-golden" in added.output
    outputs = project.outputs()
    assert {"family": FAMILY, "channel": "stable"} == outputs["builds"]["debian"]["publication"]
    assert first["images"] == outputs["images"]
    assert first["images"]["debian"] == reader(lab)
    unchanged = project.preview("--expect-no-changes", "--refresh")
    assert unchanged.status == 0, unchanged

    moved = up(project, lab, rebuild="2")
    assert "channel stable of family debian-12 moves to a new image once it is finished" in moved.output
    second = project.outputs()["images"]["debian"]
    assert second == reader(lab)
    assert second != first["images"]["debian"]

    up(project, lab, use_build=first["builds"]["debian"]["build_id"])
    assert first["images"]["debian"] == reader(lab)

    lab.clear_journal()
    configure(project, lab, "candidate", use_build=first["builds"]["debian"]["build_id"])
    previewed = project.preview("--diff")
    assert "~ channel" in previewed.output
    assert '"stable" => "candidate"' in previewed.output
    assert "moves from channel stable of family debian-12, which has no image then" in previewed.output
    assert first["images"]["debian"] == reader(lab, "stable")
    promoted = up(project, lab, "candidate", use_build=first["builds"]["debian"]["build_id"])
    assert "~ 2 updated" in promoted.output  # the check of the build, and its publication
    assert ["batch_add_or_delete_tags"] * 2 == procedure(lab)
    assert first["images"]["debian"] == reader(lab, "candidate")


def test_a_channel_of_another_stack_is_refused_at_preview_and_free_after_destroy(
    project: Project, lab: RunningLab, cloud: CloudView, tmp_path: Any
) -> None:
    up(project, lab, rebuild="3")
    image_id = reader(lab)
    other = Project(tmp_path / "other", lab.env)
    file = other.program / "Pulumi.yaml"
    text = file.read_text()
    file.unlink()
    file.write_text(text)
    shutil.copy(other.program / "Pulumi.test.yaml", other.program / "Pulumi.second.yaml")
    created = other.pulumi("stack", "rename", "second", "--stack", "test")
    assert created.status == 0, created
    publish = {"family": FAMILY, "channel": "stable"}
    build = build_settings(lab.env, name="other", image_name="other", publish=publish)
    other.configure(region=lab.env["HW_REGION_NAME"], builds=[build])
    (other.program / "Pulumi.test.yaml").rename(other.program / "Pulumi.second.yaml")
    lab.clear_journal()

    refused = other.pulumi("preview", "--stack", "second")

    assert refused.status != 0
    assert "'stable' of family debian-12 belongs to another stack, which has published image" in refused.output
    assert "choose another channel, or delete the tag image-channel-stable of that image" in refused.output
    assert [] == procedure(lab)
    assert image_id == reader(lab)

    destroyed = project.destroy()
    assert destroyed.status == 0, destroyed
    assert (0, 0, 0) == cloud.everything()
    allowed = other.pulumi("preview", "--stack", "second")
    assert allowed.status == 0, allowed
