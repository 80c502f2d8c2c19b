"""Replaced, failed and chosen builds as a user sees them: the outputs name the image that exists."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.crash.bench import Bench
from tests.e2e.crash.judging import faults_after_destroy, faults_after_up
from tests.e2e.project import build_settings
from tests.labs import wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("healing")]


@pytest.fixture(scope="module")
def module_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("healing"))
    yield made
    made.close()


@pytest.fixture
def bench(module_bench: Bench) -> Bench:
    """Return an empty bench."""
    module_bench.clean()
    return module_bench


def build(bench: Bench, **settings: Any) -> dict[str, Any]:
    """Bring the build to its settings, and return its summary among the outputs."""
    configure(bench, **settings)
    bench.build()
    return summary(bench)


def configure(bench: Bench, **settings: Any) -> None:
    bench.project.configure(**bench.settings, builds=[build_settings(bench.lab.env, **settings)])


def summary(bench: Bench) -> dict[str, Any]:
    found: dict[str, Any] = bench.project.outputs()["builds"]["debian"]
    return found


@pytest.mark.recovery("a new build fails")
def test_a_failed_new_build_leaves_the_old_image_and_its_outputs(bench: Bench) -> None:
    old = build(bench)
    bench.lab.job_fault("capture_image", "CaptureDiskTask", "IMG.0014", reason="no space")
    configure(bench, rebuild="again")

    outcome = bench.project.up()

    assert outcome.status != 0
    assert "no space (IMG.0014, job " in outcome.output
    assert "without a new installation" in outcome.output
    assert "Traceback" not in outcome.output
    assert old == summary(bench)
    assert [old["image_id"]] == [image["id"] for image in bench.cloud.images("FusionCompute")]

    bench.build()
    assert old["image_id"] != summary(bench)["image_id"]
    assert [] == faults_after_up(bench)


@pytest.mark.recovery("a new image is no good")
def test_a_kept_image_is_one_setting_away(bench: Bench) -> None:
    first = build(bench, keep_images=1)
    second = build(bench, keep_images=1, rebuild="again")

    back = build(bench, keep_images=1, rebuild="again", use_build=first["build_id"])

    assert first["image_id"] == back["image_id"] != second["image_id"]
    assert "debian-golden" == back["image_name"]
    for command in (bench.project.up, bench.project.refresh):
        outcome = command("--expect-no-changes")
        assert outcome.status == 0, outcome
    assert 0 == bench.run("destroy").status
    assert [] == faults_after_destroy(bench)


def test_what_was_changed_outside_is_shown_by_a_refresh_and_put_right_by_the_next_up(bench: Bench) -> None:
    image_id = build(bench, description="as configured")["image_id"]
    bench.cloud.change_image(image_id, "name", "renamed outside")
    bench.cloud.change_image(image_id, "__description", "written outside")

    assert "~ 1 updated" in bench.project.refresh().output
    bench.build()

    (image,) = bench.cloud.images("FusionCompute")
    assert (image_id, "debian-golden", "as configured") == (image["id"], image["name"], image["__description"])


@pytest.mark.recovery("the installation does not end in time")
def test_an_installation_that_does_not_end_is_shown_and_goes_on(bench: Bench) -> None:
    bench.lab.change_settings(guest={"powers_off": False})
    configure(bench, installation={"timeout_minutes": 0.02}, min_image_size=0.1)

    outcome = bench.project.up()

    bench.lab.change_settings(guest={"powers_off": True})
    (server,) = bench.cloud.servers()
    assert outcome.status != 0
    for told in (
        "has not ended within 0.02 minutes",
        "the server is kept",
        "/console/",
        "| booting from",
        server["id"],
    ):
        assert told in outcome.output, outcome
    bench.cloud.stop_server(server["id"])
    wait_for(lambda: bench.cloud.servers()[0]["status"] == "SHUTOFF", "the end of the server")
    bench.build()
    assert [] == faults_after_up(bench)
