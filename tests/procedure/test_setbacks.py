"""Steps that the cloud fails or rejects: nothing is left, the message names the reason, and the next run continues."""

import pytest

from huaweicloud.errors import JobFailed, QuotaExceeded
from providers.captured_image import CapturedImageProvider
from tests.labs import RunningLab
from tests.procedure.build import Build
from tests.procedure.promises import NOTHING, TWO_IMAGES, Existing, created_servers, existing, keep_them

ONE_IMAGE = Existing(images=1, servers=0, volumes=0)
SERVER_TOO = Existing(images=1, servers=1, volumes=2)
IMPORT = ("import_image", "ImportImageTask", "IMG.0061", NOTHING)
SERVER = ("create_server", "boot", "Ecs.0219", ONE_IMAGE)
CAPTURE = ("capture_image", "CaptureDiskTask", "IMG.0014", SERVER_TOO)
OF_IMAGES = [{}, {"failed_job_entities": "empty"}, {"failed_image": "killed"}]
OF_SERVERS = [{}, {"failed_job_codes": "sub"}, {"failed_job_codes": "parent"}]


@pytest.mark.recovery("the ISO import or the capture fails")
@pytest.mark.parametrize(
    ("step", "variants"),
    [(step, v) for step in (IMPORT, CAPTURE) for v in OF_IMAGES] + [(SERVER, v) for v in OF_SERVERS],
)
def test_a_failed_step_leaves_nothing_and_is_made_up_for(
    lab: RunningLab, build: Build, step: tuple[str, str, str, Existing], variants: dict[str, str]
) -> None:
    kind, task, code, stays = step
    before = existing(lab)
    lab.choose(**variants)
    lab.job_fault(kind, task, code)

    with pytest.raises(JobFailed, match=code):
        build.up()
    lab.wait_for_jobs()
    assert stays == existing(lab) - before

    build.up()
    assert TWO_IMAGES == existing(lab) - before
    build.destroy()
    assert NOTHING == existing(lab) - before


@pytest.mark.recovery("the server cannot be made")
@pytest.mark.parametrize("token", ["free", "spent"])
def test_a_refused_server_is_made_when_the_cause_has_gone(lab: RunningLab, build: Build, token: str) -> None:
    """Not documented: whether the token of a refused request can be used again."""
    lab.choose(refused_client_token=token)
    lab.change_settings(quotas={"servers": 0})
    for _ in range(2):
        with pytest.raises(QuotaExceeded, match=r"Ecs\.0001"):
            build.up()

    lab.change_settings(quotas={"servers": 1})
    build.up()

    assert 1 == len(created_servers(lab))


def test_a_successor_gets_its_name_when_its_predecessor_is_gone(lab: RunningLab, build: Build) -> None:
    """Not documented: whether two images may have one name."""
    lab.choose(equal_image_names="refused")
    build.up()
    successor = Build(lab.env).up()
    image = successor.image
    assert image["name"].startswith("golden-")

    build.destroy()
    changed = image.provider.diff(image.id, image.outputs, image.inputs)
    assert changed.changes
    assert not changed.replaces
    image.update()

    assert "golden" == image["name"]
    assert isinstance(image.provider, CapturedImageProvider)
    assert {} == successor.refresh()
    successor.destroy()


def test_the_procedure_passes_where_requests_are_throttled(lab: RunningLab, build: Build) -> None:
    lab.change_settings(throttle={"limit": 5, "period_s": 0.5})

    keep_them(lab, build)
