"""Documented operations that the lab does not have: the gateway refuses them, and no other operation responds."""

import importlib
import inspect
import re
from typing import Any

import pytest

from tests.lab.plain import Raw
from tests.labs import RunningLab

CLIENTS = {
    "ecs": ("huaweicloudsdkecs.v2.ecs_client",),
    "evs": ("huaweicloudsdkevs.v2.evs_client",),
    "iam": ("huaweicloudsdkiam.v3.iam_client",),
    "ims": ("huaweicloudsdkims.v2.ims_client",),
    "vpc": ("huaweicloudsdkvpc.v2.vpc_client", "huaweicloudsdkvpc.v3.vpc_client"),
}
ROUTE = re.compile(r'"method": "(\w+)",\s+"resource_path": "([^"]+)"')
PARAMETER = re.compile(r"\{[^}]*\}")


def documented(service: str) -> set[tuple[str, str]]:
    """Return method and path of every operation of the official SDK."""
    return {found for module in CLIENTS[service] for found in ROUTE.findall(_source(module))}


def _source(module: str) -> str:
    return inspect.getsource(importlib.import_module(module))


def offered(lab: RunningLab, service: str) -> set[tuple[str, str]]:
    document: dict[str, Any] = lab.call("GET", f"/openapi/{service}.json")
    return {
        (method.upper(), PARAMETER.sub("{}", path)) for path, methods in document["paths"].items() for method in methods
    }


@pytest.mark.parametrize("service", CLIENTS)
def test_no_other_operation_responds_for_one_that_is_missing(lab: RunningLab, raw: Raw, service: str) -> None:
    known = offered(lab, service)
    missing = sorted(each for each in documented(service) if (each[0], PARAMETER.sub("{}", each[1])) not in known)
    answered = {}
    for method, path in missing:
        url = PARAMETER.sub(lambda name: "{project}" if name[0] == "{project_id}" else "0" * 8, path)
        response = raw.send(service, method, url)
        code = "APIGW.0101" if method == "HEAD" else response.json().get("error_code")
        if (response.status_code, code) != (404, "APIGW.0101"):
            answered[f"{method} {path}"] = (response.status_code, response.text)
    assert (answered, missing != []) == ({}, True)
    assert {entry["operation"] for entry in lab.journal(service=service)[-len(missing) :]} == {""}
