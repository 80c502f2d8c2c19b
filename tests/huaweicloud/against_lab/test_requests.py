"""Single requests: lost responses, errors of the services, tags, and the end of a wait."""

import threading
import time
import uuid

import pytest

from huaweicloud.auth.credentials import (
    AccessKeyCredentials,
)
from huaweicloud.errors import tree
from huaweicloud.ims import CreateImageFromIso
from huaweicloud.polling import wait_until
from tests.huaweicloud.against_lab.clients import DEBIAN, Region, Waits, server_request
from tests.labs import RunningLab


def test_a_lost_response_to_a_creation_with_a_token_makes_one_server(
    restored: RunningLab, region: Region, key: AccessKeyCredentials
) -> None:
    cloud = region(key)
    waits = Waits(cloud)
    iso = CreateImageFromIso(name="iso", image_url="lab-images:small.iso", os_version=DEBIAN, min_disk=40)
    image_id = waits.image(cloud.ims.create_image_from_iso(iso))
    restored.fault("reset", operation="create_post_paid_servers", phase="after", nth=1)

    created = cloud.ecs.create_server(server_request(restored, image_id, "once"), str(uuid.uuid4()))
    waits.server(created.job_id)

    (server,) = cloud.ecs.list_servers(name="once")
    assert server.id == created.server_ids[0]
    waits.server(cloud.ecs.delete_servers([server.id]))
    waits.gone(server)
    cloud.ims.delete_image(image_id)


def test_a_lost_response_to_a_creation_without_a_token_is_left_to_the_caller(
    restored: RunningLab, region: Region, key: AccessKeyCredentials
) -> None:
    restored.fault("reset", method="POST", path="/v2/cloudimages/action$", phase="after", nth=1)
    cloud = region(key)
    iso = CreateImageFromIso(name="lost", image_url="lab-images:small.iso", os_version=DEBIAN, min_disk=40)

    with pytest.raises(tree.ConnectionLost) as raised:
        cloud.ims.create_image_from_iso(iso)

    assert not raised.value.nothing_happened
    assert restored.operations().count("create_iso_image") == 1
    (image,) = wait_until(
        lambda: cloud.ims.list_images(name="lost", status="active"),
        done=bool,
        subject="image",
        timeout_s=60,
        cancelled=threading.Event(),
    )
    cloud.ims.delete_image(image.id)


def test_a_job_that_fails_reports_why(restored: RunningLab, region: Region, key: AccessKeyCredentials) -> None:
    restored.job_fault("import_image", "ImportImageTask", "IMG.0057")
    cloud = region(key)
    iso = CreateImageFromIso(name="iso", image_url="lab-images:small.iso", os_version=DEBIAN, min_disk=40)

    with pytest.raises(tree.JobFailed, match=r"IMG\.0057"):
        Waits(cloud).image(cloud.ims.create_image_from_iso(iso))


def test_a_refused_request_names_code_and_request_id(
    restored: RunningLab, region: Region, key: AccessKeyCredentials
) -> None:
    iso = CreateImageFromIso(name="iso", image_url="lab-images:small.iso", os_version=DEBIAN, min_disk=5000)

    with pytest.raises(tree.ApiError, match=r"ISO image iso .*IMG\.0055, HTTP 400, request id \w+"):
        region(key).ims.create_image_from_iso(iso)


def test_what_does_not_exist_is_none(region: Region, key: AccessKeyCredentials) -> None:
    cloud = region(key)
    unknown = str(uuid.uuid4())

    assert cloud.ims.get_image(unknown) is None
    assert cloud.ecs.get_server(unknown) is None
    assert cloud.evs.get_volume(unknown) is None
    assert cloud.vpc.get_vpc(unknown) is None
    assert cloud.evs.delete_volume(unknown) is None
    cloud.ims.delete_image(unknown)
    for service in (cloud.ims, cloud.ecs, cloud.evs):
        with pytest.raises(tree.NotFound):
            service.get_job(unknown.replace("-", ""))


def test_tags_and_attributes_are_changed(restored: RunningLab, region: Region, key: AccessKeyCredentials) -> None:
    cloud = region(key)
    iso = CreateImageFromIso(name="iso", image_url="lab-images:small.iso", os_version=DEBIAN, min_disk=40)
    image_id = Waits(cloud).image(cloud.ims.create_image_from_iso(iso))

    cloud.ims.set_tags(image_id, {"a": "1", "b": "2"})
    cloud.ims.delete_tags(image_id, ["b", "never"])
    changed = cloud.ims.update_image(image_id, {"name": "new", "__description": "text", "max_ram": 4096})

    assert (changed.name, changed.description, changed.max_ram) == ("new", "text", 4096)
    assert (found := cloud.ims.get_image(image_id)) is not None
    assert found.tags == {"a": "1"}
    assert [image.id for image in cloud.ims.list_images(tag="a=1")] == [image_id]
    cloud.ims.delete_image(image_id)


def test_cancelling_ends_a_wait_at_once(region: Region, key: AccessKeyCredentials) -> None:
    cancelled = threading.Event()
    threading.Timer(0.2, cancelled.set).start()
    started = time.monotonic()

    with pytest.raises(tree.Cancelled):
        wait_until(
            region(key).ims.get_quota, done=lambda _: False, subject="nothing", timeout_s=60, cancelled=cancelled
        )

    assert time.monotonic() - started < 10
