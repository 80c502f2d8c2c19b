"""The command `sweep` in a lab with the leftovers of interrupted runs."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from lab.world.identity import accounts
from tests import warm
from tests.e2e.cloud import CloudView
from tests.e2e.project import ROOT
from tests.labs import RunningLab
from tests.providers.crashing import crash_at
from tests.providers.stack import Stack

TEAM = next(project for project in accounts.PROJECTS if project.name.endswith("_team"))
PROJECT = f"{accounts.PROJECT.name} ({accounts.PROJECT.id})"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def sweep(lab: RunningLab) -> Run:
    def run(*options: str, **variables: str | None) -> subprocess.CompletedProcess[str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("HW_")}
        environment = {**kept, **lab.env, **variables}
        return subprocess.run(
            [warm.python(), "-m", "commands.sweep", *options],
            cwd=ROOT,
            env={key: value for key, value in environment.items() if value is not None},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


@pytest.fixture
def finished(lab: RunningLab) -> Stack:
    """Return a build that is finished."""
    return Stack(lab.env, {"name": "finished"}).up()


@pytest.fixture
def left(lab: RunningLab) -> Stack:
    """Return a build whose run died while it waited for the installation."""
    lab.change_settings(guest={"powers_off": False})
    stack = Stack(lab.env, {"name": "left"})
    number = 0
    while "server" not in stack.state:
        number += 5
        with crash_at(number, "after"):
            stack.up()
    lab.change_settings(guest={"powers_off": True})
    return stack


@pytest.fixture
def prices(tmp_path: Path) -> str:
    table = {"currency": "EUR", "flavors": {"s6.large.2": 3600}, "volumes": {"SSD": 36}, "image_gib_month": 730}
    (tmp_path / "prices.yaml").write_text(yaml.safe_dump(table))
    return str(tmp_path / "prices.yaml")


def state(stack: Stack, file: Path) -> str:
    """Write a file as `pulumi stack export` does, and return its path."""
    resources = [
        {
            "urn": f"urn:pulumi:prod::image-from-iso::x$pulumi-python:dynamic/huaweicloud:BuildIdentity::{name}",
            "type": "pulumi-python:dynamic/huaweicloud:BuildIdentity",
            "outputs": stack[name].outputs,
        }
        for name in ("import", "identity")
    ]
    file.write_text(json.dumps({"version": 3, "deployment": {"resources": resources}}))
    return str(file)


def test_an_empty_project_has_nothing(sweep: Run) -> None:
    done = sweep()

    assert (0, "no leftovers of this tool in this project\n") == (done.returncode, done.stdout)


def test_everything_that_is_marked_is_listed_and_nothing_is_removed(
    sweep: Run,
    left: Stack,
    finished: Stack,
    cloud: CloudView,
    prices: str,
) -> None:
    before = cloud.everything()

    done = sweep("--prices", prices)

    assert done.returncode == 0, done.stderr
    assert before == cloud.everything() == (3, 1, 2)
    for build in (left, finished):
        assert build["identity"].id in done.stdout
    for text in ("ISO image", "server", "disk", "age", "EUR", "1 server, 2 disks, 3 images of 4 builds"):
        assert text in done.stdout, done.stdout


def test_machines_get_json(sweep: Run, left: Stack, prices: str) -> None:
    done = sweep("--json", "--prices", prices)

    found = {leftover["kind"]: leftover for leftover in json.loads(done.stdout)}
    assert {"server", "disk", "image"} == set(found)
    assert left["identity"].id == found["server"]["build_id"]
    assert 3600 == found["server"]["cost_per_hour"]
    assert 360 == found["disk"]["cost_per_hour"]
    assert found["server"]["cost_so_far"] > 0


@pytest.mark.recovery("the machine that ran Pulumi is gone for ever, and its state too")
def test_the_builds_that_were_picked_are_removed(sweep: Run, left: Stack, finished: Stack, cloud: CloudView) -> None:
    build = left["identity"].id

    would = sweep("--dry-run", build)
    assert 3 == would.stderr.count("would delete")
    assert (3, 1, 2) == cloud.everything()

    done = sweep(build)

    assert done.returncode == 0, done.stderr
    assert (3, 0, 0) == cloud.everything()


def test_all_leaves_what_a_stack_knows(
    sweep: Run,
    left: Stack,
    finished: Stack,
    cloud: CloudView,
    tmp_path: Path,
) -> None:
    export = state(finished, tmp_path / "stack.json")

    listed = sweep("--state", export)
    assert "prod/identity" in listed.stdout
    assert "none of the given stacks" in listed.stdout
    done = sweep("--all", "--state", export)

    assert done.returncode == 0, done.stderr
    assert sorted([finished["iso"].id, finished["image"].id]) == sorted(image["id"] for image in cloud.images())
    assert ([], []) == (cloud.servers(), cloud.volumes())


def test_a_protected_image_stays_and_is_named(sweep: Run, finished: Stack, cloud: CloudView) -> None:
    cloud.change_image(finished["image"].id, "protected", True)

    done = sweep("--all")

    assert 1 == done.returncode
    assert "could not delete image debian-golden" in done.stderr
    assert "protected" in done.stdout
    assert [finished["image"].id] == [image["id"] for image in cloud.images()]


def test_an_image_that_a_channel_points_to_stays_and_is_named(sweep: Run, finished: Stack, cloud: CloudView) -> None:
    finished.settings = {"publish": {"family": "debian-12", "channel": "stable"}}
    finished.up()

    every = sweep("--all")
    picked = sweep(finished["identity"].id)

    assert (0, 1) == (every.returncode, picked.returncode)
    assert "published" in every.stdout
    assert "did not delete image debian-golden" in picked.stderr
    assert "channel stable of family debian-12 points to it; remove `publish` from its build" in picked.stderr
    assert [finished["image"].id] == [image["id"] for image in cloud.images()]


@pytest.mark.parametrize(
    ("options", "variables", "text"),
    [
        (["0123456789abcdef"], {}, "has no leftovers of build 0123456789abcdef"),
        (["--prices", "absent.yaml"], {}, "absent.yaml cannot be read"),
        (["--state", "Makefile"], {}, "was not written by `pulumi stack export"),
        ([], {"HW_REGION_NAME": None}, "no region"),
        ([], {"HW_ACCESS_KEY": None, "HW_USER_NAME": None}, "credentials"),
    ],
)
def test_what_cannot_work_is_said_in_one_line(
    sweep: Run, options: list[str], variables: dict[str, str | None], text: str
) -> None:
    done = sweep(*options, **variables)

    assert 2 == done.returncode
    assert text in done.stderr.replace("C", "c")
    assert 1 == len(done.stderr.splitlines())


def test_a_stack_of_another_project_is_refused_by_name(
    sweep: Run, finished: Stack, cloud: CloudView, tmp_path: Path
) -> None:
    export = state(finished, tmp_path / "stack.json")

    done = sweep("--all", "--state", export, HW_PROJECT_ID=TEAM.id)

    assert (2, "") == (done.returncode, done.stdout)
    for text in (f"created in project {PROJECT}", f"the credentials are for {TEAM.name} ({TEAM.id})", "HW_PROJECT_ID"):
        assert text in done.stderr, done.stderr
    assert (2, 0, 0) == cloud.everything()


def test_the_project_is_named(sweep: Run) -> None:
    done = sweep("0123456789abcdef")

    assert done.returncode == 2
    assert f"project {PROJECT} has no leftovers of build 0123456789abcdef" in done.stderr
