"""Endpoints and project of a region: from the stack, and for its own region from the environment as well."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from config.sign_in import connection
from huaweicloud.transport import poll_budget
from providers.runtime import clients

ENVIRONMENT = {
    "HW_ACCESS_KEY": "a-key",
    "HW_SECRET_KEY": "a-secret",
    "HW_IMS_ENDPOINT": "https://ims.environment.example.com",
    "HW_PROJECT_ID": "project-of-the-environment",
}
SETTINGS: dict[str, Any] = {
    "region": "cn-north-4",
    "endpoints": {"ecs": "https://ecs.stack.example.com"},
    "project_name": "cn-north-4_stack",
    "regions": {
        "cn-north-1": {"endpoints": {"ims": "https://ims.entry.example.com"}, "project_id": "project-of-the-entry"},
        "team": {"region": "cn-north-4", "project_id": "project-of-the-team"},
    },
}


class Asked:
    """Arguments that a client is created with."""

    def __init__(self, region: str, _credentials: Any, endpoints: Any, **options: Any) -> None:
        self.region, self.ims, self.ecs = region, endpoints.ims, endpoints.ecs
        self.project = options["project_id"] or options["project_name"]


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return a function that requests a client of a region."""
    monkeypatch.setattr("huaweicloud.cloud.Cloud", Asked)

    def ask(region: str, settings: dict[str, Any] = SETTINGS, environment: dict[str, str] = ENVIRONMENT) -> Any:
        return connection.connect(region, settings, environment)

    return ask


def test_the_own_region_follows_the_environment_and_the_stack(connect):
    asked = connect("cn-north-4")

    assert ("https://ims.environment.example.com", "https://ecs.stack.example.com") == (asked.ims, asked.ecs)
    assert "project-of-the-environment" == asked.project


def test_another_region_follows_its_entry_only(connect):
    asked = connect("cn-north-1")

    assert ("https://ims.entry.example.com", "https://ecs.cn-north-1.myhuaweicloud.com") == (asked.ims, asked.ecs)
    assert "project-of-the-entry" == asked.project


def test_a_region_without_an_entry_is_where_it_usually_is(connect):
    asked = connect("eu-west-101")

    assert ("https://ims.eu-west-101.myhuaweicloud.com", None) == (asked.ims, asked.project)


def test_a_second_project_of_the_own_region_has_the_regions_id_and_its_own_project(connect):
    asked = connect("team")

    assert ("cn-north-4", "https://ims.cn-north-4.myhuaweicloud.com") == (asked.region, asked.ims)
    assert "project-of-the-team" == asked.project


def test_an_entry_of_the_own_region_comes_before_the_stacks_keys_and_after_the_environment(connect):
    entry = {"endpoints": {"ims": "https://x.example.com", "ecs": "https://y.example.com"}, "project_name": "y"}
    keys = {key: value for key, value in ENVIRONMENT.items() if key != "HW_PROJECT_ID"}

    asked = connect("cn-north-4", {**SETTINGS, "regions": {"cn-north-4": entry}}, keys)

    assert ("https://ims.environment.example.com", "https://y.example.com", "y") == (
        asked.ims,
        asked.ecs,
        asked.project,
    )


def test_settings_that_name_no_region_are_those_of_every_region(connect):
    assert "https://ims.environment.example.com" == connect("cn-north-1", {}).ims


@pytest.mark.parametrize(
    ("configured", "tasks"),
    [(None, 40), ("5", 5), ("5.0", 5), ("many", 40), ("-3", 1), ("inf", 40), ("", 40)],
)
def test_image_tasks_at_once_are_forty_unless_the_stack_sets_another_number(configured, tasks):
    clients.configure({"image_tasks_at_once": configured} if configured is not None else {})

    assert tasks == clients.image_tasks_at_once()


@pytest.mark.parametrize(("configured", "per_second"), [(None, 2), ("5", 5), ("many", 2), ("0", 1)])
def test_polls_share_two_requests_per_second_unless_the_stack_sets_another_number(configured, per_second):
    clients.configure({"polls_per_second": "9"})

    clients.configure({"polls_per_second": configured} if configured is not None else {})

    assert per_second == poll_budget.shared.per_second


@pytest.fixture(autouse=True)
def _unconfigured() -> Iterator[None]:
    yield
    clients.configure({})
