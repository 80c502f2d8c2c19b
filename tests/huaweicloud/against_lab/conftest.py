"""A lab with an ISO file for all tests of this folder, and clients of it."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from huaweicloud.auth.credentials import (
    AccessKeyCredentials,
    PasswordCredentials,
)
from tests.huaweicloud.against_lab.clients import CONTENT, Region
from tests.labs import RunningLab


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    state = tmp_path_factory.mktemp("lab")
    running = RunningLab.start(state, time_scale=600)
    try:
        iso = state / "small.iso"
        iso.write_bytes(CONTENT)
        running.put(iso, "lab-images/small.iso")
        yield running
    finally:
        running.stop()


@pytest.fixture
def restored(lab: RunningLab) -> Iterator[RunningLab]:
    """Yield a lab whose faults and settings are gone after the test."""
    lab.clear_journal()
    yield lab
    lab.restore()


@pytest.fixture
def user(lab: RunningLab) -> PasswordCredentials:
    return PasswordCredentials(lab.env["HW_USER_NAME"], lab.env["HW_USER_PASSWORD"], lab.env["HW_DOMAIN_NAME"])


@pytest.fixture
def key(lab: RunningLab) -> AccessKeyCredentials:
    return AccessKeyCredentials(lab.env["HW_ACCESS_KEY"], lab.env["HW_SECRET_KEY"])


@pytest.fixture
def region(lab: RunningLab) -> Iterator[Region]:
    with ExitStack() as stack:
        yield Region(lab, stack)
