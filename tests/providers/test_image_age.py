"""Age of images: too old an image leads to a new build, which the row of its identity explains."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from providers.build_identity import BuildIdentityProvider
from providers.triggers import image_age, run_start
from tests.e2e.cloud import CloudView
from tests.procedure.engine import as_engine
from tests.providers.stack import Stack

NOW = datetime(2030, 3, 1, 12, tzinfo=UTC)
BUILT = {"region": "r", "triggers": {"data_disk": 40}, "build_id": "0" * 16}


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the messages of a run that began at a known time."""
    shown: list[str] = []
    monkeypatch.setattr(image_age, "run_start", lambda: NOW)
    monkeypatch.setattr("providers.runtime.process.log", lambda text, *_args, **_more: shown.append(text))
    return shown


def built(**ago: float) -> dict[str, Any]:
    return {**BUILT, "built_at": (NOW - timedelta(**ago)).isoformat()}


def replaces(old: dict[str, Any], max_age_days: Any, **changes: Any) -> list[str]:
    news = {**BUILT, "max_age_days": max_age_days, **changes}
    del news["build_id"]
    return list(BuildIdentityProvider().diff("0" * 16, as_engine(old), as_engine(news)).replaces or [])


@pytest.mark.recovery("`image is … old, max_age_days is …`")
@pytest.mark.parametrize(
    ("old", "limit", "text"),
    [
        (built(days=31), 30, "image is 31 days old, max_age_days is 30; a new image will be built"),
        (built(days=30, seconds=1), 30, "image is 30 days old, max_age_days is 30; a new image will be built"),
        (built(hours=13), 0.5, "image is 0.5 days old, max_age_days is 0.5; a new image will be built"),
    ],
)
def test_an_older_image_leads_to_a_new_build(lines: list[str], old: dict[str, Any], limit: float, text: str) -> None:
    assert ["max_age_days"] == replaces(old, limit)
    assert [text] == lines


def test_until_then_and_without_a_limit_nothing_changes(lines: list[str]) -> None:
    assert [] == replaces(built(days=30), 30)
    assert [] == replaces(built(days=3000), None)
    assert [] == lines


def test_a_chosen_build_is_never_too_old(lines: list[str]) -> None:
    assert [] == replaces({**built(days=31), "use_build": "0" * 16}, 30, use_build="0" * 16)
    assert [] == lines


def test_another_reason_is_not_hidden_by_the_age(lines: list[str]) -> None:
    assert ["rebuild"] == replaces(built(days=31), 30, rebuild="now")


def test_a_build_is_made_again_once_and_the_next_one_is_young(
    stack: Stack, cloud: CloudView, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.settings = {"max_age_days": 30}
    first = stack.up()["identity"]
    assert [] == stack.repaired()
    assert abs(datetime.fromisoformat(first.outputs["built_at"]) - datetime.now(UTC)) < timedelta(minutes=5)

    first.outputs["built_at"] = (datetime.now(UTC) - timedelta(days=31)).isoformat()
    second = stack.up()["identity"]

    assert first.id != second.id
    assert [] == stack.repaired()
    assert 1 == len(cloud.images("FusionCompute"))
    stack.destroy()


def test_the_age_of_a_build_without_a_recorded_time_is_that_of_its_image(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.settings = {"max_age_days": 30}
    identity = stack.up()["identity"]
    del identity.outputs["built_at"]

    assert [] == stack.repaired()
    now = datetime.now(UTC)
    monkeypatch.setattr(image_age, "run_start", lambda: now + timedelta(days=40))
    assert "replace identity" in stack.repaired()
    stack.destroy()


def test_a_run_has_one_start_which_is_not_in_the_future() -> None:
    assert run_start.run_start() is run_start.run_start()
    assert timedelta(0) <= datetime.now(UTC) - run_start.run_start() < timedelta(days=1)
