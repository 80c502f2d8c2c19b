"""Examples of the API reference, if they are available, replayed against the lab."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.plain import Raw
from tests.lab.procedure import Procedure
from tests.labs import ROOT, RunningLab, wait_for

EXAMPLES = ROOT.parent / "shared" / "api" / "examples"
MAPS = {"metadata", "addresses", "os_extra_specs", "volume_image_metadata", "os:scheduler_hints", "tags"}
"""Objects whose keys are not the service's: the examples show some user's."""
FLAGS = {"__support_fc_inject", "hw_vif_multiqueue_enabled", "__lazyloading", "hw_firmware_type", "__description"}
"""Attributes of images that are missing where they were never set."""

pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples of the API reference are not here")


def example(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text())
    return loaded


def differences(documented: Any, actual: Any, place: str = "") -> Iterator[str]:
    """Return keys that are missing, and values of another type; null matches every type."""
    if documented is None or actual is None:
        return
    if isinstance(documented, dict) and isinstance(actual, dict):
        for key, value in documented.items():
            if key not in actual:
                if place.rpartition("/")[2] not in MAPS and key not in FLAGS:
                    yield f"{place}/{key} is missing"
            else:
                yield from differences(value, actual[key], f"{place}/{key}")
    elif isinstance(documented, list) and isinstance(actual, list):
        for item in actual if documented else []:
            yield from differences(documented[0], item, f"{place}[]")
    elif _kind(documented) != _kind(actual):
        yield f"{place} is {type(actual).__name__}, documented {type(documented).__name__}"


def _kind(value: Any) -> str:
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def check(documented: Any, actual: Any) -> None:
    assert list(differences(documented, actual)) == []


@pytest.fixture
def procedure(lab: RunningLab, raw: Raw) -> Procedure:
    lab.change_settings(durations={"import_image": 80, "capture_image": 80, "create_server": 80})
    return Procedure(raw)


def test_password_token(raw: Raw) -> None:
    documented = example("iam-password_token")
    request = documented["request"]
    user = request["auth"]["identity"]["password"]["user"]
    env = raw.env
    user.update(name=env["HW_USER_NAME"], password=env["HW_USER_PASSWORD"], domain={"name": env["HW_DOMAIN_NAME"]})
    request["auth"]["scope"]["project"]["name"] = env["HW_PROJECT_NAME"]
    response = raw.send("iam", "POST", documented["path"], json=request)
    assert (response.status_code, "X-Subject-Token" in response.headers) == (201, True)
    check(documented["response"], response.json())
    user["password"] = "wrong"
    assert raw.send("iam", "POST", documented["path"], json=request).json() == documented["error_401"]


def test_the_whole_procedure_with_the_documented_bodies(procedure: Procedure) -> None:
    raw, env = procedure.raw, procedure.env
    order = {**example("ims-create_iso_image_request")["request"], "image_url": "lab-images:installer.iso"}
    iso_id = procedure.image_job(procedure.post("ims", "/v2/cloudimages/action", order)["job_id"])
    check(example("ims-job_status_response_2022")["response"] | {"entities": {}}, procedure.seen["image_job"])

    server = example("ecs-create_temp_server_from_iso_request")["request"]["server"]
    server.update(imageRef=iso_id, vpcid=env["HW_VPC_ID"], nics=[{"subnet_id": env["HW_SUBNET_ID"]}])
    server["availability_zone"] = "lab-1a"
    for disk in (server["root_volume"], *server["data_volumes"]):
        disk["volumetype"] = "SAS"  # the example's type is sold out
    created = procedure.post("ecs", "/v1/{project}/cloudservers", {"server": server})
    check(example("ecs-create_postpaid_request_and_responses")["response_ok"], created)
    job = procedure.ended("ecs", created["job_id"])
    check(example("ecs-job_create_server_success")["response"], job)
    check(example("ecs-job_create_server_running_live")["response"], procedure.seen["running_ecs_job"])
    server_id = created["serverIds"][0]
    procedure.wait_for_power_off(server_id)
    check(example("ecs-server_detail")["response"], procedure.get_server(server_id).json())
    detail = raw.send("ecs", "GET", "/v1/{project}/cloudservers/detail").json()
    check(example("ecs-servers_detail_list")["response"], detail)
    devices = raw.send("ecs", "GET", f"/v1/{{project}}/cloudservers/{server_id}/block_device").json()
    documented = example("ecs-flavors_and_block_devices")["block_device_response"]
    for device in documented["volumeAttachments"]:
        device["size"] = int(device["size"])  # the table says integer, the example has text
    check(documented, devices)

    disk_id = procedure.data_disk(server_id)
    volume = raw.send("evs", "GET", f"/v2/{{project}}/cloudvolumes/{disk_id}").json()
    check(example("ecs-evs_volume_detail_and_delete")["show_response"], volume)
    order = {**example("ims-create_system_image_from_volume")["request"], "volume_id": disk_id}
    image_id = procedure.image_job(procedure.post("ims", "/v2/cloudimages/action", order)["job_id"])
    check(example("ims-job_status_responses_2024")["responses"][1], procedure.seen["image_job"])
    listed = raw.send("ims", "GET", f"/v2/cloudimages?id={image_id}").json()
    check(example("ims-list_images_response")["response"], listed)
    assert sorted(listed["images"][0]["tags"]) == ["aaa=111", "bbb=333", "ccc=444"]
    patch = example("ims-patch_image")
    check(patch["response"], raw.send("ims", "PATCH", f"/v2/cloudimages/{image_id}", json=patch["request"]).json())

    body = {**example("ecs-delete_servers")["request"], "servers": [{"id": server_id}], "delete_volume": True}
    deleted = procedure.post("ecs", "/v1/{project}/cloudservers/delete", body)
    check(example("ecs-delete_servers")["response_ok"], deleted)
    procedure.ended("ecs", deleted["job_id"])
    for each in (image_id, iso_id):
        procedure.delete_image(each)


def test_progress_power_console_and_tag_queries(procedure: Procedure, lab: RunningLab) -> None:
    raw = procedure.raw
    lab.change_settings(guest={"install_s": 1_000_000})
    job_id = procedure.post("ims", "/v2/cloudimages/action", procedure.image_order())["job_id"]

    def running() -> dict[str, Any] | None:
        job: dict[str, Any] = raw.send("ims", "GET", f"/v1/cloudimages/job/{job_id}").json()
        return job if job["status"] == "RUNNING" else None

    documented = example("ims-job_progress_running_response")["response"]
    documented["entities"].pop("subJobId")  # a copy job's; this job has no sub-job
    check(documented, wait_for(running, "the job's start"))
    iso_id = procedure.image_job(job_id)
    server_id = procedure.server(iso_id)

    jobs = example("ecs-evs_jobs_console_stop")
    console = f"/v1/{{project}}/cloudservers/{server_id}/remote_console"
    check(jobs["remote_console_response"], raw.send("ecs", "POST", console, json=jobs["remote_console_request"]).json())
    stop = jobs["os_stop_request"]
    stop["os-stop"]["servers"] = [{"id": server_id}]
    stopped = procedure.post("ecs", "/v1/{project}/cloudservers/action", stop)
    check(jobs["os_stop_response"], stopped)
    assert procedure.ended("ecs", stopped["job_id"])["status"] == "SUCCESS"

    flavors = raw.send("ecs", "GET", "/v1/{project}/cloudservers/flavors?flavor_id=kc1.large.2").json()
    check(example("ecs-flavors_and_block_devices")["flavors_response"], flavors)
    query = example("ims-query_by_tags")
    body = query["request"] | {"tags": [{"key": "k", "values": ["v"]}], "tags_any": None, "matches": None}
    found = raw.send("ims", "POST", "/v2/{project}/images/resource_instances/action", json=body).json()
    check(query["response"], found)
    assert found["total_count"] == 1
    procedure.delete_server(server_id)
    procedure.delete_image(iso_id)


def test_disks(procedure: Procedure) -> None:
    raw, documented = procedure.raw, example("ecs-evs_jobs_console_stop")
    body = {"volume": {"availability_zone": "lab-1a", "volume_type": "SAS", "size": 10, "count": 2, "name": "d"}}
    created = procedure.post("evs", "/v2.1/{project}/cloudvolumes", body)
    check(documented["evs_job_success"], procedure.ended("evs", created["job_id"]))
    shape = example("ecs-evs_volume_detail_and_delete")["delete_response"]
    for volume_id in created["volume_ids"]:
        deleted = raw.send("evs", "DELETE", f"/v2/{{project}}/cloudvolumes/{volume_id}").json()
        check(shape, deleted)
        check(documented["evs_job_running"], procedure.ended("evs", deleted["job_id"]))


def test_errors(raw: Raw) -> None:
    response = raw.send("ims", "POST", "/v2/cloudimages/action", json={"name": "x", "type": "Moon", "image_url": "a:b"})
    assert response.status_code == example("ims-error_400")["status"]
    assert response.json()["error"]["code"] == example("ims-error_400")["response"]["error"]["code"]
    check(example("ims-error_400")["response"], response.json())
    response = raw.send("ecs", "POST", "/v1/{project}/cloudservers/delete", json={"servers": 1})
    documented = example("ecs-delete_servers")["response_error"]
    assert response.json()["error"]["code"] == documented["error"]["code"]
    check(documented, response.json())
