"""One lab for all tests of this folder; its settings are restored after each test."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.browsing import Browser
from tests.lab.plain import Raw
from tests.labs import RunningLab

if TYPE_CHECKING:
    from tests.lab.clients import Clients

ISO = "lab-images:installer.iso"
DISC = b"\0" * 32769 + b"CD001" + b"\0" * 4096


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """Yield a lab on the simulated driver, a thousand times as fast as real time, with an ISO file in its store."""
    with RunningLab.holding(tmp_path_factory.mktemp("lab"), {"installer.iso": DISC}, time_scale=1000) as running:
        yield running


@pytest.fixture
def cloud(lab: RunningLab) -> Iterator["Clients"]:
    """Yield clients of the official SDK with the lab's keys; everything is deleted after the test."""
    from tests.lab.clients import Clients  # the SDK takes seconds to import, and not all tests need it

    clients = Clients(lab)
    yield clients
    lab.restore()
    clients.clean_up()


@pytest.fixture
def iso(cloud: "Clients") -> str:
    """Return the id of an ISO image."""
    return cloud.iso_image()


@pytest.fixture
def raw(lab: RunningLab) -> Iterator[Raw]:
    """Yield plain HTTP with a token."""
    with Raw(lab) as session:
        yield session
    lab.restore()


def put_iso(lab: RunningLab, folder: Path) -> None:
    iso = folder / "installer.iso"
    iso.write_bytes(DISC)
    lab.put(iso, ISO.replace(":", "/"))


@pytest.fixture
def browser(lab: RunningLab, cloud: "Clients") -> Iterator[Browser]:
    """Yield a browser that is signed in to the lab's page; what its test creates is deleted by the clients."""
    with Browser(lab) as signed_in:
        yield signed_in.sign_in()
