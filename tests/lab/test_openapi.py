"""A property-based tester against the OpenAPI documents that the lab publishes."""

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

from tests.lab.conftest import put_iso
from tests.lab.furnished import FIRST, LAST, NOT_ACCEPTED, Example, Furnished
from tests.lab.plain import Raw
from tests.labs import RunningLab

SERVICES = ("iam", "ims", "ecs", "evs", "vpc")
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
PLENTY = {"images": 5000, "image_tasks": 5000, "servers": 5000, "cores": 10**6, "ram_mib": 10**9}
PLENTY |= {"volumes": 10**5, "gigabytes": 10**7}


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    folder = tmp_path_factory.mktemp("openapi")
    lab = RunningLab.start(folder / "state", time_scale=1000)
    try:
        put_iso(lab, folder)
        lab.change_settings(quotas=PLENTY)
        with Raw(lab) as raw:
            yield Furnished(lab, raw, folder)
    finally:
        lab.stop()


def document(lab: RunningLab, service: str) -> dict[str, Any]:
    request = urllib.request.Request(f"{lab.control}/openapi/{service}.json", headers=lab.authorization)
    with urllib.request.urlopen(request, timeout=30) as response:
        loaded: dict[str, Any] = json.loads(response.read())
        return loaded


def operations(lab: RunningLab, service: str) -> list[Any]:
    """Return the operations in the tester's order: those that delete resources of others are last."""
    schema = schemathesis.openapi.from_dict(document(lab, service))
    found: list[Any] = [result.ok() for result in schema.get_all_operations()]  # type: ignore[union-attr]
    return sorted(found, key=lambda o: (name(o) not in FIRST, LAST.index(name(o)) if name(o) in LAST else -1))


def name(operation: Any) -> str:
    return str(operation.definition.raw["operationId"])


def send(furnished: Furnished, service: str, case: Any) -> Any:
    """Send a request and check its response against the document."""
    headers = {"X-Auth-Token": furnished.raw.token}
    base = furnished.lab.env[f"HW_{service.upper()}_ENDPOINT"]
    return case.call_and_validate(base_url=base, headers=headers, checks=CHECKS)


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_is_accepted_and_answers_as_described(furnished: Furnished, service: str) -> None:
    refused = {}
    for operation in operations(furnished.lab, service):
        example = furnished.example(service, name(operation))
        response = send(furnished, service, case_of(operation, example))
        furnished.lab.wait_for_jobs()
        if response.status_code >= 300 and name(operation) not in NOT_ACCEPTED:
            refused[name(operation)] = (response.status_code, response.text)
    assert refused == {}


def case_of(operation: Any, example: Example) -> Any:
    path = {k: v for k, v in example.path.items() if f"{{{k}}}" in operation.path}
    media = {} if example.body is None else {"body": example.body, "media_type": "application/json"}
    return operation.Case(path_parameters=path, headers=dict(example.headers), **media)


@pytest.mark.parametrize("examples", [3, pytest.param(100, marks=pytest.mark.matrix)])
@pytest.mark.parametrize("service", SERVICES)
def test_generated_requests_get_documented_responses(furnished: Furnished, service: str, examples: int) -> None:
    """Requests of two kinds: made up, and near to one that is accepted."""
    for operation in operations(furnished.lab, service):
        made_up = operation.as_strategy()
        example = furnished.example(service, name(operation))

        @given(case=st.one_of(made_up, near(made_up, example), near(made_up, example)))
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def check(case: Any) -> None:
            send(furnished, service, case)

        check()


@st.composite
def near(draw: st.DrawFn, made_up: st.SearchStrategy[Any], example: Example) -> Any:
    """Return a generated request with most of its values replaced by accepted ones."""
    case = draw(made_up)
    for key, value in example.path.items():
        if key in case.path_parameters and draw(st.integers(0, 4)):
            case.path_parameters[key] = value
    for key, value in example.headers.items():
        if draw(st.booleans()):
            case.headers[key] = value
    if example.body is not None:
        case.body = draw(mixed(example.body, case.body))
    return case


@st.composite
def mixed(draw: st.DrawFn, accepted: Any, made_up: Any) -> Any:
    """Return an accepted value in which some parts are replaced by generated ones."""
    if not (isinstance(accepted, dict) and isinstance(made_up, dict)):
        return accepted if draw(st.integers(0, 5)) else made_up
    result = {key: draw(mixed(value, made_up[key])) if key in made_up else value for key, value in accepted.items()}
    more = [key for key in made_up if key not in accepted]
    for key in draw(st.lists(st.sampled_from(more), max_size=2, unique=True)) if more else ():
        result[key] = made_up[key]
    return result


def test_every_operation_describes_its_errors(furnished: Furnished) -> None:
    for service in SERVICES:
        for operation in operations(furnished.lab, service):
            statuses = set(operation.definition.raw["responses"])
            assert {"400", "401", "403", "404", "413", "429", "500", "503"} <= statuses, (service, name(operation))
            assert "422" not in statuses, (service, name(operation))
