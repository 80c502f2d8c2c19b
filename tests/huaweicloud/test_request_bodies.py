"""Every request that the client sends, compared with the model of that operation in the official SDK."""

import itertools
import re
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest
from huaweicloudsdkcore.utils.http_utils import sanitize_for_serialization

from huaweicloud.cloud import Cloud
from huaweicloud.ecs import Ecs
from huaweicloud.evs import Evs
from huaweicloud.iam import Iam
from huaweicloud.ims import Ims
from huaweicloud.ims_copies import ImsCopies
from huaweicloud.vpc import Vpc
from tests.huaweicloud.conftest import Connect
from tests.huaweicloud.scripted_server import Received, Reply, ScriptedServer
from tests.huaweicloud.sdk_operations import READS, WITH_BODY, Operation

# What the SDK's models do not know, and where it is documented.
EXCEPTIONS = {
    "CreateImageRequestBody.os_type": "IMS API Reference, 'Creating a Private Image Using an ISO File', step 2",
}
# What the SDK types otherwise.
TYPE_EXCEPTIONS = {
    "UpdateImageRequestBody.value": "numbers for min_ram and max_ram, as the Terraform provider sends them",
}
CLIENTS = {"iam": Iam, "ims": Ims, "ims_copies": ImsCopies, "ecs": Ecs, "evs": Evs, "vpc": Vpc}
LISTS = (
    "images",
    "servers",
    "flavors",
    "volumeAttachments",
    "availabilityZoneInfo",
    "volumes",
    "volume_types",
    "members",
)


def response(received: Received) -> Reply:
    """Respond to any request with every key that the client reads."""
    if received.path.endswith("os_version"):
        return Reply(body=[])
    body = {
        "job_id": "j1",
        "id": "x1",
        "status": "RUNNING",
        "serverIds": ["s1"],
        "remote_console": {"url": "https://c"},
        "token": {"issued_at": "2026-01-01T00:00:00.000000Z", "expires_at": "2026-01-02T00:00:00.000000Z"},
        "credential": {"access": "a", "secret": "s", "securitytoken": "t", "expires_at": "2099-01-01T00:00:00.000000Z"},
        "quotas": {"resources": [{"type": "image", "used": 1, "quota": 2}]},
        "projects": [{"id": "p1", "name": "cn-north-4"}],
        "quota_set": {},
        "output": "text",
        "absolute": {},
        **{one: {"id": "x1"} for one in ("server", "volume", "vpc", "subnet")},
        **{many: [] for many in (*LISTS, "vpcs", "subnets", "security_groups")},
    }
    return Reply(body=body, headers={"X-Subject-Token": "token"})


@dataclass
class Findings:
    """Fields that the SDK does not know or types otherwise."""

    unknown: set[str]
    mistyped: set[str]


def rebuild(value: Any, kind: str, sdk: ModuleType, findings: Findings, where: str = "") -> Any:
    """Build the SDK's objects from a JSON body, and record fields that they do not have."""
    if listed := re.fullmatch(r"list\[(.*)]", kind):
        return [rebuild(item, listed.group(1), sdk, findings, where) for item in value]
    if kind.startswith("dict("):
        return value
    if kind in ("str", "int", "bool", "float", "object"):
        if kind != "object" and type(value).__name__ != kind:
            findings.mistyped.add(where)
        return value
    model = getattr(sdk, kind)
    names = {json_name: name for name, json_name in model.attribute_map.items()}
    findings.unknown |= {f"{kind}.{key}" for key in value if key not in names}
    known = {names[key]: (key, item) for key, item in value.items() if key in names}
    return model(
        **{
            name: rebuild(item, model.openapi_types[name], sdk, findings, f"{kind}.{key}")
            for name, (key, item) in known.items()
        }
    )


def without(value: Any, names: set[str]) -> Any:
    """Return the body without the top-level fields that the SDK does not know."""
    return {key: item for key, item in value.items() if key not in names} if isinstance(value, dict) else value


@pytest.fixture
def cloud(connect: Connect, server: ScriptedServer) -> Cloud:
    server.respond(response)
    return connect()


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: f"{operation.model} {operation.request_line}")
def test_a_body_comes_back_unchanged_from_the_official_model(
    operation: Operation, cloud: Cloud, server: ScriptedServer
) -> None:
    operation.send(cloud)

    received = server.received[-1]
    findings = Findings(set(), set())
    parsed = rebuild(received.json, operation.model, operation.sdk, findings)
    assert operation.request_line == f"{received.method} {received.path}"
    assert findings.unknown <= set(EXCEPTIONS)
    assert findings.mistyped <= set(TYPE_EXCEPTIONS)
    unknown = {name.partition(".")[2] for name in findings.unknown}
    assert sanitize_for_serialization(parsed) == without(received.json, unknown)


@pytest.mark.parametrize("operation", READS, ids=lambda operation: f"{operation.model} {operation.request_line}")
def test_a_read_sends_only_parameters_of_the_official_request(
    operation: Operation, cloud: Cloud, server: ScriptedServer
) -> None:
    operation.send(cloud)

    received = server.received[-1]
    known = set(getattr(operation.sdk, f"{operation.model}Request").attribute_map.values())
    assert operation.request_line == f"{received.method} {received.path}"
    assert set(received.query) <= known


def test_every_public_call_of_the_services_is_in_these_tables() -> None:
    calls = {
        f"{attribute}.{name}"
        for attribute, service in CLIENTS.items()
        for name in dir(service)
        if not name.startswith("_") and callable(getattr(service, name))
    }

    used = {name for operation in WITH_BODY + READS for name in _called(operation)}
    assert calls == used


def _called(operation: Operation) -> set[str]:
    names = operation.send.__code__.co_names
    return {f"{service}.{name}" for service, name in itertools.pairwise(names) if service in CLIENTS}
