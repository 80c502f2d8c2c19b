"""A lab, and the example of a language with installed dependencies."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cloud import CloudView
from tests.isos import iso
from tests.labs import RunningLab
from tests.languages.example import Example, Language, install

ISO = iso("INSTALLER", size=200 * 2048)
_installed: dict[str, Path] = {}


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    with RunningLab.holding(tmp_path_factory.mktemp("lab"), {"installer.iso": ISO}, time_scale=900) as running:
        yield running


@pytest.fixture
def cloud(lab: RunningLab) -> Iterator[CloudView]:
    lab.restore()
    view = CloudView(lab.env)
    yield view
    lab.restore()
    view.empty()


@pytest.fixture
def installed(language: Language, lab: RunningLab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the example, whose dependencies are installed once."""
    if language.name not in _installed:
        example = Example(tmp_path_factory.mktemp(language.name) / "example", lab.env, language=language)
        install(example)
        _installed[language.name] = example.program
    return _installed[language.name]


@pytest.fixture
def example(language: Language, lab: RunningLab, installed: Path, tmp_path: Path) -> Example:
    return Example(tmp_path / "example", lab.env, language=language, installed=installed)
