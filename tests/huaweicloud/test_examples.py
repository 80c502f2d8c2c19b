"""Documented examples, if they are available: fields that the client reads exist and have the documented type."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from huaweicloud.ecs import BlockDevice, CreatedServer, Flavor, RemoteConsole, Server, ServerJob
from huaweicloud.errors.parsing import to_error
from huaweicloud.evs import VolumeDetails, VolumeJob
from huaweicloud.iam import Token
from huaweicloud.ims import Image, ImageJob
from huaweicloud.transport.messages import Request, json_body

FOLDER = Path(__file__).parents[3] / "shared" / "api" / "examples"
Example = tuple[str, type[BaseModel], Callable[[Any], Any]]
RESPONSES: list[Example] = [
    ("ecs-create_postpaid_request_and_responses", CreatedServer, lambda e: [e["response_ok"]]),
    ("ecs-evs_jobs_console_stop", VolumeJob, lambda e: [e["evs_job_running"], e["evs_job_success"]]),
    ("ecs-evs_jobs_console_stop", RemoteConsole, lambda e: [e["remote_console_response"]["remote_console"]]),
    ("ecs-evs_volume_detail_and_delete", VolumeDetails, lambda e: [e["show_response"]["volume"]]),
    ("ecs-flavors_and_block_devices", Flavor, lambda e: e["flavors_response"]["flavors"]),
    ("ecs-flavors_and_block_devices", BlockDevice, lambda e: e["block_device_response"]["volumeAttachments"]),
    ("ecs-job_create_server_running_live", ServerJob, lambda e: [e["response"]]),
    ("ecs-job_create_server_success", ServerJob, lambda e: [e["response"]]),
    ("ecs-server_detail", Server, lambda e: [e["response"]["server"]]),
    ("ecs-servers_detail_list", Server, lambda e: e["response"]["servers"]),
    ("iam-password_token", Token, lambda e: [{**e["response"]["token"], "value": "x"}]),
    ("ims-job_progress_running_response", ImageJob, lambda e: [e["response"]]),
    ("ims-job_status_response_2022", ImageJob, lambda e: [e["response"]]),
    ("ims-job_status_responses_2024", ImageJob, lambda e: e["responses"]),
    ("ims-list_images_response", Image, lambda e: e["response"]["images"]),
    ("ims-patch_image", Image, lambda e: [e["response"]]),
]
ERRORS: list[tuple[str, Callable[[Any], Any], str]] = [
    ("ecs-create_postpaid_request_and_responses", lambda e: e["response_error_as_printed"], "Ecs.0005"),
    ("ecs-create_postpaid_request_and_responses", lambda e: e["response_error_with_details"], "Ecs.0005"),
    ("ecs-delete_servers", lambda e: e["response_error"], "Ecs.0005"),
    ("ims-error_400", lambda e: e["response"], "IMG.0024"),
    ("iam-password_token", lambda e: e["error_401"], ""),
]


def load(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def test_the_documented_responses_are_read() -> None:
    """Skip without the examples, which are not part of this project."""
    if not FOLDER.is_dir():
        print(f"not run: there are no documented examples at {FOLDER}")
        return
    for name, kind, pick in RESPONSES:
        for response in pick(load(name)):
            check(name, kind, response)


def check(name: str, kind: type[BaseModel], response: dict[str, Any]) -> None:
    """Require that every documented key of a model has a value after it is read."""
    read = kind.model_validate(response)

    for field_name, field in kind.model_fields.items():
        documented = response.get(field.alias or field_name)
        if documented not in (None, "", [], {}):
            assert getattr(read, field_name) not in (None, "", [], {}), f"{name}: {field_name} of {kind.__name__}"


def test_the_documented_errors_are_read() -> None:
    """Skip without the examples."""
    if not FOLDER.is_dir():
        print(f"not run: there are no documented examples at {FOLDER}")
        return
    request = Request(service="ecs", method="POST", base_url="https://x", path="/", operation="do it")
    for name, pick, code in ERRORS:
        error = to_error(request, 400 if code else 401, {}, json_body(pick(load(name))))

        assert error.code == code, name
        assert error.service_message, name
