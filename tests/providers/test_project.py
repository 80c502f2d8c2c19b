"""A build belongs to the project that it was created in: credentials for another one change nothing."""

import copy
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from pulumi.dynamic import CheckFailure

from huaweicloud.errors import CloudError, SignInFailed
from lab.world.identity.accounts import PARTNER, PROJECT, PROJECTS, Project
from providers.runtime.project_record import CONFIRMATION, RECORD, OtherProject
from tests.e2e.cloud import CloudView
from tests.labs import RunningLab, wait_for
from tests.procedure.engine import as_engine
from tests.providers.crashing import new_process
from tests.providers.stack import Stack

TEAM = next(project for project in PROJECTS if project.name.endswith("_team"))
WAYS: dict[str, dict[str, str | None]] = {
    "another id": {"HW_PROJECT_ID": TEAM.id},
    "another name": {"HW_PROJECT_ID": None, "HW_PROJECT_NAME": TEAM.name},
    "another name, with a password": {
        "HW_PROJECT_ID": None,
        "HW_PROJECT_NAME": TEAM.name,
        "HW_ACCESS_KEY": None,
        "HW_SECRET_KEY": None,
    },
    "an agency of another account": {
        "HW_PROJECT_ID": None,
        "HW_ASSUME_ROLE_AGENCY_NAME": "lab-builder",
        "HW_ASSUME_ROLE_DOMAIN_NAME": PARTNER.name,
    },
}
Use = Callable[..., None]


@pytest.fixture
def use(lab: RunningLab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Use]:
    """Return a function that starts a process with other variables in its environment."""

    def change(**variables: str | None) -> None:
        for name, value in variables.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        new_process()

    yield change
    monkeypatch.undo()
    new_process()


def project_of(way: str) -> Project:
    return PROJECTS[-1] if "agency" in way else TEAM


def without_record(stack: Stack) -> Stack:
    """Return the stack as an earlier version has left it."""
    for resource in stack.state.values():
        for props in (resource.inputs, resource.outputs):
            for key in RECORD:
                props.pop(key, None)
    return stack


def recorded(stack: Stack) -> Any:
    """Return the properties in the state."""
    return copy.deepcopy(
        {name: (resource.id, resource.inputs, resource.outputs) for name, resource in stack.state.items()}
    )


def sent(lab: RunningLab) -> list[str]:
    """Return the requests that the lab received, without those for the ISO file's content."""
    return [f"{entry['method']} {entry['service']}" for entry in lab.journal() if entry["service"] != "obs"]


def failures(stack: Stack) -> list[CheckFailure]:
    """Return the failures of a preview."""
    found: list[CheckFailure] = []
    for name, provider, inputs in stack.steps():
        found += provider.check(as_engine(stack[name].inputs), as_engine(inputs)).failures
    return found


def test_every_resource_records_its_project(stack: Stack) -> None:
    stack.up()

    for resource in stack.state.values():
        assert PROJECT.id == resource.outputs["project_id"] == resource.inputs["project_id"]
        assert PROJECT.name == resource.outputs["project_name"]


@pytest.mark.recovery(
    "the credentials, `HW_PROJECT_ID` or another setting lead to another project",
    "`build … was made in project …, the credentials are for …`",
)
@pytest.mark.parametrize("way", WAYS)
def test_another_project_is_refused_by_every_operation_and_nothing_is_dropped(
    stack: Stack, use: Use, cloud: CloudView, way: str
) -> None:
    stack.up()
    before, state = cloud.everything(), recorded(stack)
    use(**WAYS[way])
    other = project_of(way)

    for run in (stack.up, stack.refresh, stack.destroy):
        with pytest.raises((OtherProject, AssertionError)) as raised:
            run()
        for text in (PROJECT.name, PROJECT.id, other.name, other.id):
            assert text in str(raised.value)
    for resource in stack.state.values():
        with pytest.raises(OtherProject):
            resource.delete()
        with pytest.raises(OtherProject):
            resource.refresh()

    assert len(stack.state) == len(failures(stack))
    assert (before, state) == (cloud.everything(), recorded(stack))


def test_the_message_names_the_variable_with_the_project(stack: Stack, use: Use) -> None:
    stack.up()
    use(HW_PROJECT_ID=TEAM.id)

    with pytest.raises(OtherProject) as raised:
        stack["image"].delete()

    assert "HW_PROJECT_ID" in raised.value.hint


def test_the_comparison_needs_no_request(stack: Stack, lab: RunningLab, use: Use) -> None:
    stack.up()
    use()
    lab.clear_journal()

    assert not failures(stack)
    assert [] == sent(lab)


def test_a_state_of_an_earlier_version_gets_the_record_without_touching_the_things(
    stack: Stack, lab: RunningLab, use: Use
) -> None:
    without_record(stack.up())
    use()
    stack.done.clear()
    lab.clear_journal()

    stack.up()

    assert {"update"} == {done.split()[0] for done in stack.done}
    assert len(stack.state) == len(stack.done)
    assert {"GET ims"} == set(sent(lab))
    assert all(resource.outputs["project_id"] == PROJECT.id for resource in stack.state.values())
    stack.done.clear()
    assert [] == stack.up().done


def test_a_state_of_an_earlier_version_is_not_taken_for_one_of_an_empty_project(
    stack: Stack, use: Use, cloud: CloudView
) -> None:
    without_record(stack.up())
    before = cloud.everything()
    use(HW_PROJECT_ID=TEAM.id)

    assert failures(stack)
    for run in (stack.refresh, stack.destroy):
        with pytest.raises(OtherProject, match=TEAM.name):
            run()

    assert 7 == len(stack.state)
    use(HW_PROJECT_ID=PROJECT.id)
    assert before == cloud.everything()
    stack.destroy()
    assert (0, 0, 0) == cloud.everything()


@pytest.mark.recovery(
    "`… was made by an earlier version, which did not record the project …`",
)
def test_a_state_of_an_earlier_version_whose_things_are_gone_ends_on_demand(
    stack: Stack, use: Use, cloud: CloudView
) -> None:
    without_record(stack.up())
    cloud.empty()
    use()
    with pytest.raises(OtherProject, match="earlier version") as raised:
        stack.destroy()
    assert CONFIRMATION in raised.value.hint

    use(**{CONFIRMATION: PROJECT.id})
    stack.destroy()

    assert not stack.state


def test_a_build_of_an_earlier_version_whose_image_is_gone_is_built_again(
    stack: Stack, use: Use, cloud: CloudView
) -> None:
    without_record(stack.up())
    cloud.delete_image(stack["image"].id)
    wait_for(lambda: len(cloud.images("FusionCompute")) == 0, "the deletion")
    use()

    stack.repaired()

    assert (2, 0, 0) == cloud.everything()


def test_the_same_project_at_another_endpoint_has_to_hold_something_of_the_build(
    stack: Stack, use: Use, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stack.up()
    other = RunningLab.start(tmp_path_factory.mktemp("other") / "state")
    try:
        use(**other.env)
        with pytest.raises(OtherProject, match="endpoint"):
            stack.destroy()
        with pytest.raises(OtherProject, match="endpoint"):
            stack.refresh()
    finally:
        other.stop()

    assert 7 == len(stack.state)


def test_another_name_of_the_same_cloud_is_recorded(stack: Stack, lab: RunningLab, use: Use) -> None:
    stack.up()
    use(HW_IMS_ENDPOINT=lab.env["HW_IMS_ENDPOINT"].replace("127.0.0.1", "localhost"))
    stack.done.clear()

    stack.up()

    assert {"update"} == {done.split()[0] for done in stack.done}
    stack.done.clear()
    assert [] == stack.up().done


@pytest.mark.recovery(
    "the sign-in is refused, or a proxy or gateway answers in place of the cloud",
)
@pytest.mark.parametrize(
    "variables",
    [
        {"HW_ASSUME_ROLE_AGENCY_NAME": "nosuch", "HW_ASSUME_ROLE_DOMAIN_NAME": PARTNER.name},
        {"HW_ASSUME_ROLE_AGENCY_NAME": "nosuch", "HW_ASSUME_ROLE_DOMAIN_NAME": PARTNER.name, "HW_PROJECT_ID": None},
        {"HW_SECRET_KEY": "not-the-secret"},
        {"HW_ACCESS_KEY": None, "HW_SECRET_KEY": None, "HW_USER_PASSWORD": "not-the-password"},
        {"HW_PROJECT_ID": None, "HW_PROJECT_NAME": "nosuch"},
    ],
)
def test_without_a_sign_in_nothing_is_reported_as_deleted(
    stack: Stack, use: Use, cloud: CloudView, variables: dict[str, str | None]
) -> None:
    stack.up()
    before = cloud.everything()
    use(**variables)

    for resource in stack.state.values():
        with pytest.raises(CloudError):
            resource.delete()
        with suppress(CloudError):
            assert resource.refresh() != "is gone"

    assert before == cloud.everything()


@pytest.mark.recovery(
    "`agency … does not exist in account …`",
)
def test_a_missing_agency_is_named_at_preview(stack: Stack, use: Use) -> None:
    stack.up()
    use(HW_ASSUME_ROLE_AGENCY_NAME="nosuch", HW_ASSUME_ROLE_DOMAIN_NAME=PARTNER.name, HW_PROJECT_ID=None)

    found = failures(stack)

    assert any("agency nosuch does not exist" in failure.reason for failure in found)
    with pytest.raises(SignInFailed, match="agency nosuch does not exist"):
        stack["image"].delete()
