"""Settings for all tests: garbage is collected less often, and long tests that belong to no group begin early."""

import gc

import pytest

LONG = ("tests/e2e/", "tests/iso/", "tests/procedure/", "tests/toolchain/", "tests/commands/", "tests/bench/")
"""Folders whose tests would otherwise let one process work alone at the end."""

gc.set_threshold(100_000, 20)  # collection of the tests creates millions of objects that last; a fifth of its time


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the folders of long tests before the others; the order within them stays."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))
