"""Faults that a user requests."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import huaweicloudsdkecs.v2 as ecs
import huaweicloudsdkims.v2 as ims
import pytest
import requests

from tests.lab.clients import Clients
from tests.lab.plain import DEBIAN, Raw
from tests.labs import RunningLab, wait_for

LIST = ("ims", "GET", "/v2/cloudimages?limit=1")


def test_the_nth_request_that_matches_gets_a_status_and_a_code(raw: Raw, lab: RunningLab) -> None:
    lab.fault("status", service="ims", method="GET", path="^/v2/cloudimages$", nth=2, status=503, code="IMG.0061")
    assert [raw.send(*LIST).status_code for _ in range(3)] == [200, 503, 200]
    assert raw.send("ims", "GET", "/v1/cloudimages/quota").status_code == 200
    entry = [e for e in lab.journal() if e["fault"]][-1]
    assert (entry["status"], entry["fault"]) == (503, "status before")


def test_every_second_request_fails_twice_at_most(raw: Raw, lab: RunningLab) -> None:
    lab.fault("status", operation="list_images", every=2, times=2, status=500)
    assert [raw.send(*LIST).status_code for _ in range(6)] == [200, 500, 200, 500, 200, 200]


def test_codes_of_services_come_in_the_services_shape(raw: Raw, lab: RunningLab) -> None:
    lab.fault("status", service="vpc", status=500, code="VPC.0001")
    lab.fault("status", service="ims", status=400, code="IMG.0060")
    lab.fault("status", service="ecs", status=403, code="APIGW.0302")
    assert raw.send("vpc", "GET", "/v1/{project}/vpcs").json()["code"] == "VPC.0001"
    assert raw.send(*LIST).json()["error"]["code"] == "IMG.0060"
    assert raw.send("ecs", "GET", "/v1/{project}/cloudservers/detail").json()["error_code"] == "APIGW.0302"


@pytest.mark.parametrize(("phase", "made"), [("before", 0), ("after", 1)])
def test_a_reset_loses_the_answer_before_or_after_the_work(
    raw: Raw, lab: RunningLab, cloud: Clients, phase: str, made: int
) -> None:
    body = {"name": f"lost-{phase}", "type": "IsoImage", "image_url": "lab-images:installer.iso", "min_disk": 40}
    lab.fault("reset", service="ims", path="/action$", phase=phase, nth=1)
    with pytest.raises(requests.ConnectionError):
        raw.send("ims", "POST", "/v2/cloudimages/action", json={**body, "os_version": DEBIAN})
    assert len(cloud.images(name=f"lost-{phase}")) == made


def test_an_answer_is_delayed(raw: Raw, lab: RunningLab) -> None:
    lab.fault("delay", service="ims", delay_s=0.4)
    begin = time.monotonic()
    assert raw.send(*LIST).status_code == 200
    assert time.monotonic() - begin >= 0.4


def test_an_answer_is_cut_short(raw: Raw, lab: RunningLab) -> None:
    lab.fault("truncate", service="ims")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        raw.send(*LIST)


def test_an_answer_has_another_content_type(raw: Raw, lab: RunningLab) -> None:
    lab.fault("content_type", service="ims", content_type="text/html")
    assert raw.send(*LIST).headers["Content-Type"] == "text/html"


def test_a_throttled_request_may_name_a_time(raw: Raw, lab: RunningLab) -> None:
    lab.fault("throttle", service="ims", nth=1, retry_after=3)
    lab.fault("throttle", service="ecs", nth=1)
    first, second = raw.send(*LIST), raw.send("ecs", "GET", "/v1/{project}/cloudservers/detail")
    assert (first.status_code, first.json()["error_code"], first.headers["Retry-After"]) == (429, "APIGW.0308", "3")
    assert second.status_code == 429
    assert "Retry-After" not in second.headers


def test_the_gateway_limits_each_user(raw: Raw, lab: RunningLab) -> None:
    lab.change_settings(throttle={"limit": 3, "period_s": 60})
    found = [raw.send(*LIST) for _ in range(5)]
    assert [a.status_code for a in found] == [200, 200, 200, 429, 429]
    expected = "The throttling threshold has been reached: policy user over ratelimit,limit:3,time:1 minute"
    assert found[-1].json()["error_msg"] == expected


def test_the_object_store_has_faults_too(raw: Raw, lab: RunningLab) -> None:
    lab.fault("status", service="obs", status=503, code="ServiceUnavailable")
    response = raw.send("obs", "GET", "/lab-images")
    assert (response.status_code, "<Code>ServiceUnavailable</Code>" in response.text) == (503, True)


def test_a_job_fails_at_a_step_and_leaves_nothing(cloud: Clients, lab: RunningLab) -> None:
    lab.job_fault("import_image", "ImportImageTask", "IMG.0061", reason="disk melted")
    body = {"name": "x", "type": "IsoImage", "image_url": "lab-images:installer.iso", "min_disk": 40}
    order = ims.CreateImageRequestBody(**body, os_version=DEBIAN)
    job = cloud.image_job(cloud.ims.create_image(ims.CreateImageRequest(body=order)).job_id)
    assert (job.status, job.error_code, job.fail_reason) == ("FAIL", "IMG.0061", "disk melted")
    assert cloud.images(imagetype="private") == []


def create_server(cloud: Clients) -> Any:
    body = ecs.CreatePostPaidServersRequestBody(server=cloud.server_body(cloud.iso_image()))
    response = cloud.ecs.create_post_paid_servers(ecs.CreatePostPaidServersRequest(body=body))
    return cloud.server_job(response.job_id), response.server_ids[0]


def test_a_failed_server_is_rolled_back(cloud: Clients, lab: RunningLab) -> None:
    lab.job_fault("create_server", "boot", "Ecs.0219", reason="no host")
    job, server_id = create_server(cloud)
    assert (job.status, job.error_code) == ("FAIL", "Ecs.0219")
    (sub_job,) = job.entities.sub_jobs
    assert (sub_job.status, sub_job.error_code, sub_job.entities.errorcode_message) == ("FAIL", "Ecs.0219", "no host")
    assert cloud.wait_until_gone(server_id).status_code == 404
    assert lab.call("GET", "/health")["volumes"] == 0


def test_a_server_can_end_in_error(cloud: Clients, lab: RunningLab) -> None:
    lab.job_fault("create_server", "boot", "Ecs.0219", reason="no host", leaves_error=True)
    _, server_id = create_server(cloud)
    server = cloud.server(server_id)
    assert (server.status, server.fault["message"]) == ("ERROR", "no host")
    assert cloud.delete_server(server_id).status == "SUCCESS"


def test_new_things_show_late_in_lists(cloud: Clients, lab: RunningLab) -> None:
    lab.change_settings(list_lag_s=1500)
    image_id = cloud.iso_image()
    assert cloud.images(id=image_id) == []
    assert wait_for(lambda: cloud.images(id=image_id), "the image in the list")


def test_an_unknown_step_or_kind_is_refused(lab: RunningLab) -> None:
    for path, body in (
        ("/job-faults", {"kind": "create_server", "step": "dance", "code": "X"}),
        ("/faults", {"kind": "earthquake"}),
        ("/faults", {"kind": "status", "path": "("}),
        ("/settings", {"durations": {"create_server": -1}}),
        ("/variants", {"deleted_server": "maybe"}),
    ):
        method = "POST" if "fault" in path else "PUT"
        response = requests.request(method, lab.control + path, json=body, headers=lab.authorization, timeout=30)
        assert response.status_code in (400, 422), body


IMPORT = {"name": "x", "type": "IsoImage", "image_url": "lab-images:installer.iso", "min_disk": 40}


@pytest.mark.parametrize(("phase", "made"), [("before", 0), ("after", 1)])
def test_a_held_request_is_not_answered_before_it_is_let_go(
    raw: Raw, lab: RunningLab, cloud: Clients, phase: str, made: int
) -> None:
    lab.hold(phase, service="ims", method="POST", path="/action$")
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(raw.send, "ims", "POST", "/v2/cloudimages/action", json={**IMPORT, "os_version": DEBIAN})
        (held,) = wait_for(lab.held, "the request")
        assert (held["service"], held["operation"], held["phase"]) == ("ims", "create_image", phase)
        assert (asked.done(), len(cloud.images(imagetype="private"))) == (False, made)
        lab.let_go()
        assert asked.result().status_code == 200
    assert (lab.held(), len(cloud.images(imagetype="private"))) == ([], 1)


@pytest.mark.parametrize(("phase", "made"), [("before", 0), ("after", 1)])
def test_the_work_of_a_held_request_whose_client_is_gone_is_never_done(
    raw: Raw, lab: RunningLab, cloud: Clients, phase: str, made: int
) -> None:
    lab.hold(phase, service="ims", method="POST", path="/action$")
    with pytest.raises(requests.ReadTimeout):
        raw.send("ims", "POST", "/v2/cloudimages/action", json={**IMPORT, "os_version": DEBIAN}, timeout=0.5)
    wait_for(lambda: not lab.held(), "the end of the hold")
    lab.let_go()
    assert len(cloud.images(imagetype="private")) == made
    assert lab.journal()[-2]["fault"] == f"hold {phase}"


def test_requests_to_the_object_store_are_held_too(raw: Raw, lab: RunningLab) -> None:
    lab.hold("after", service="obs")
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(raw.send, "obs", "GET", "/lab-images")
        assert wait_for(lab.held, "the request")[0]["service"] == "obs"
        lab.let_go()
        assert asked.result().status_code in (200, 403)
