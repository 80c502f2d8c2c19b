"""The budget of polling in the process of the provider."""

from collections.abc import Iterator

import pytest

from huaweicloud.transport import poll_budget
from plugin import provider_configuration
from providers.runtime import clients


@pytest.fixture(autouse=True)
def _unconfigured() -> Iterator[None]:
    yield
    clients.configure({})


@pytest.mark.parametrize(("inputs", "per_second"), [({"polls_per_second": "5"}, 5), ({}, poll_budget.PER_SECOND)])
def test_the_provider_polls_within_the_budget_of_its_configuration(inputs: dict[str, str], per_second: float) -> None:
    provider_configuration.configure({"region": "lab-1", **inputs})

    assert per_second == poll_budget.shared.per_second
