"""Media of vendors, written once for each layout."""

from collections.abc import Callable
from pathlib import Path

import pytest

from config.answers.answer_files import AnswerKind, Answers
from iso.vendor.customisation import Customised, customise
from tests.iso.vendor import media
from tests.iso.vendor.medium_layout import write_medium

Medium = Callable[[str], Path]
Unattended = Callable[[str], Customised]


def answers(kind: str) -> Answers:
    chosen: AnswerKind = next(known for known in ("preseed", "autoinstall", "kickstart", "autoyast") if known == kind)
    return Answers(chosen, f"{kind}.txt", media.ANSWERS[kind].encode())


@pytest.fixture(scope="session")
def medium(tmp_path_factory: pytest.TempPathFactory) -> Medium:
    """Return a function that writes the medium of a layout, or returns it if it is there."""
    folder = tmp_path_factory.mktemp("media")

    def written(name: str) -> Path:
        file = folder / f"{name}.iso"
        return file if file.exists() else write_medium(media.LAYOUTS[name](), file)

    return written


@pytest.fixture(scope="session")
def unattended(medium: Medium, tmp_path_factory: pytest.TempPathFactory) -> Unattended:
    """Return a function that adds the answers of a layout to its medium, once."""
    folder = tmp_path_factory.mktemp("unattended")
    results: dict[str, Customised] = {}

    def written(name: str) -> Customised:
        if name not in results:
            results[name] = customise(medium(name), answers(media.KINDS[name]), folder / f"{name}.iso")
        return results[name]

    return written
