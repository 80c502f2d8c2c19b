"""Edits of a finished stack under the real engine: no image goes that the configuration asks for."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.crash.bench import Bench, end_of, kill_all, wait_until_held_or_over
from tests.e2e.crash.judging import faults_after_destroy, faults_after_up
from tests.e2e.project import STACK, build_settings

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("edits")]


@pytest.fixture(scope="module")
def module_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("edits"))
    yield made
    made.close()


@pytest.fixture
def bench(module_bench: Bench) -> Bench:
    """Return an empty bench."""
    module_bench.clean()
    return module_bench


def configure(bench: Bench, **settings: Any) -> None:
    bench.project.configure(**bench.settings, builds=[build_settings(bench.lab.env, **settings)])


def build(bench: Bench, **settings: Any) -> dict[str, Any]:
    """Bring the build to its settings, and return its summary among the outputs."""
    configure(bench, **settings)
    bench.build()
    found: dict[str, Any] = bench.project.outputs()["builds"]["debian"]
    return found


def images(bench: Bench) -> dict[str, str]:
    """Names of the finished images, by id."""
    return {image["id"]: image["name"] for image in bench.cloud.images("FusionCompute")}


def test_the_chosen_image_survives_whatever_the_same_edit_says_of_keeping(bench: Bench) -> None:
    first = build(bench, keep_images=2, rebuild="1")
    build(bench, keep_images=2, rebuild="2")

    configure(bench, keep_images=2, rebuild="2", use_build="0123456789abcdef")
    refused = bench.project.preview()
    back = build(bench, rebuild="3", use_build=first["build_id"])

    assert refused.status != 0
    assert "no image of build 0123456789abcdef is kept, but use_build names it" in refused.output
    assert f"choose one of the builds {first['build_id']}" in refused.output
    assert first["image_id"] == back["image_id"]
    assert {first["image_id"]: "debian-golden"} == images(bench)
    assert [] == faults_after_up(bench)
    assert 0 == bench.run("destroy").status
    assert [] == faults_after_destroy(bench)


def test_a_rebuild_that_failed_is_taken_back_without_a_server(bench: Bench) -> None:
    first = build(bench)
    bench.lab.job_fault("capture_image", "CaptureDiskTask", "IMG.0014")
    configure(bench, rebuild="again")
    assert bench.project.up().status != 0
    bench.lab.clear_journal()

    back = build(bench)

    assert (first["image_id"], first["build_id"]) == (back["image_id"], back["build_id"])
    assert {"create_post_paid_servers", "create_image_from_volume"}.isdisjoint(bench.lab.operations())
    assert [] == faults_after_up(bench)
    outcome = bench.project.up("--expect-no-changes")
    assert outcome.status == 0, outcome


@pytest.mark.parametrize("before", [False, pytest.param(True, marks=pytest.mark.matrix)])
def test_what_counts_of_retain_image_is_the_edit_that_replaces_the_image(bench: Bench, before: bool) -> None:
    first = build(bench, retain_image=before)

    second = build(bench, retain_image=not before, rebuild="again")

    left = {second["image_id"]} if before else {first["image_id"], second["image_id"]}
    assert left == set(images(bench))


@pytest.mark.parametrize("names", [pytest.param("allowed", marks=pytest.mark.matrix), "refused"])
def test_an_image_whose_keeping_was_killed_between_tag_and_name_gets_its_name(bench: Bench, names: str) -> None:
    bench.lab.choose(equal_image_names=names)
    first = build(bench, keep_images=1)
    configure(bench, keep_images=1, rebuild="again")
    bench.lab.hold("before", service="ims", method="PATCH", path=f"{first['image_id']}$")
    command = bench.project.start("up", "--yes", "--stack", STACK, "--skip-preview")
    assert wait_until_held_or_over(bench.lab, command)
    kill_all(command)
    end_of(command)
    bench.lab.let_go()
    recovered = bench.recover()
    assert recovered is None or recovered.status == 0, recovered

    bench.build()
    bench.build()

    second = bench.project.outputs()["builds"]["debian"]
    expected = {first["image_id"]: f"debian-golden-{first['build_id']}", second["image_id"]: "debian-golden"}
    assert expected == images(bench)
    bench.lab.choose()
