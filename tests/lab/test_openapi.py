"""A property-based tester goes over the OpenAPI documents that the lab publishes."""

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.lab.plain import Raw
from tests.labs import RunningLab

SERVICES = ("iam", "ims", "ecs", "evs", "vpc")
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 12


def document(lab: RunningLab, service: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{lab.control}/openapi/{service}.json", timeout=30) as answer:
        loaded: dict[str, Any] = json.loads(answer.read())
        return loaded


@pytest.mark.parametrize("service", SERVICES)
def test_generated_requests_get_documented_answers(lab: RunningLab, raw: Raw, service: str) -> None:
    schema = schemathesis.openapi.from_dict(document(lab, service))
    base = lab.env[f"HW_{service.upper()}_ENDPOINT"]
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]
        known_project = operation.as_strategy().map(lambda c: replace_project(c, lab.env["HW_PROJECT_ID"]))
        strategy = st.one_of(known_project, operation.as_strategy())

        @given(case=strategy)
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def check(case: Any) -> None:
            case.call_and_validate(base_url=base, headers={"X-Auth-Token": raw.token}, checks=CHECKS)

        check()


def replace_project(case: Any, project: str) -> Any:
    if case.path_parameters and "project_id" in case.path_parameters:
        case.path_parameters["project_id"] = project
    return case


def test_every_operation_describes_its_errors(lab: RunningLab) -> None:
    for service, operation in operations(lab):
        statuses = set(operation["responses"])
        assert {"400", "401", "403", "404", "413", "429", "500", "503"} <= statuses, (service, operation["operationId"])
        assert "422" not in statuses, (service, operation["operationId"])


def operations(lab: RunningLab) -> Iterator[tuple[str, dict[str, Any]]]:
    for service in SERVICES:
        for methods in document(lab, service)["paths"].values():
            yield from ((service, operation) for operation in methods.values())
