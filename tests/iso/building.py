"""The installer ISO for tests: built once, and again only when its inputs have changed."""

from pathlib import Path

import pytest

from iso.__main__ import default_cache
from iso.build import build


@pytest.fixture(scope="session")
def installer_iso() -> Path:
    cache = default_cache()
    return build(cache.parent / "tests" / "installer.iso", cache).output
