"""Settings for all tests: when garbage is collected, and that long tests that belong to no group begin early."""

import gc
from collections.abc import Iterator

import pytest

LONG = ("tests/e2e/", "tests/iso/", "tests/procedure/", "tests/toolchain/", "tests/commands/", "tests/bench/")
"""Folders whose tests would otherwise let one process work alone at the end."""

gc.set_threshold(100_000, 20)  # collection of the tests creates millions of objects that last; a fifth of its time


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the folders of long tests before the others; the order within them stays."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


def pytest_collection_finish() -> None:
    """Leave out the tests from every later search for garbage, which takes milliseconds then."""
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def _no_connection_is_left() -> Iterator[None]:
    """Close the connections of clients that no test uses any more: often a process may open 1,024 files."""
    yield
    gc.collect()
