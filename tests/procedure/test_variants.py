"""The whole procedure passes whatever the cloud does where its documentation is silent."""

from collections.abc import Iterator

import pytest

from lab.variants import catalogue
from tests.labs import RunningLab
from tests.procedure.build import NOTHING, Build, Existing, created_servers, existing

ALTERNATIVES = [(v.name, value) for v in catalogue() for value in v.values if value != v.default]


@pytest.fixture
def build(lab: RunningLab) -> Iterator[Build]:
    """A build; what a failed test leaves of it is removed."""
    made = Build(lab.env)
    yield made
    lab.restore()
    made.destroy()


def go_through(lab: RunningLab, build: Build) -> None:
    """Up, refresh, destroy; the assertions are the procedure's promises."""
    before = existing(lab)

    build.up()
    file = lab.call("GET", f"/images/{build.image.id}")
    assert "active" == file["status"]
    assert 1 == len(created_servers(lab))
    assert Existing(images=2, servers=0, volumes=0) == existing(lab) - before

    assert {} == build.refresh()

    build.destroy()
    assert NOTHING == existing(lab) - before


def test_the_procedure_passes(lab: RunningLab, build: Build) -> None:
    go_through(lab, build)


@pytest.mark.parametrize(("name", "value"), ALTERNATIVES)
def test_the_procedure_passes_under_each_variant(lab: RunningLab, build: Build, name: str, value: str) -> None:
    lab.choose(**{name: value})

    go_through(lab, build)
