"""Disks of installed systems, for the inspection."""

from pathlib import Path

import pytest

from tests.lab.inspection.guest_disks import GuestDisk


@pytest.fixture
def disk() -> GuestDisk:
    """Return a disk without defects, which a test changes and writes."""
    return GuestDisk()


@pytest.fixture(scope="module")
def good_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a disk without defects."""
    return GuestDisk().write(tmp_path_factory.mktemp("good"))
