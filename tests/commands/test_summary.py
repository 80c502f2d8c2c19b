"""Summary of builds as a table and as JSON, from the output of `pulumi stack output --json`."""

import json
import subprocess
from typing import Any

import pytest

from tests import warm
from toolchain.paths import ROOT

DEBIAN = {
    "image_name": "debian-golden",
    "image_id": "f229740b-e5e9-425f-9187-20415125c915",
    "iso_image_id": "the ISO image",
    "duration_s": {
        "iso_image": 61.2,
        "temporary_server": 29.6,
        "installation": 930,
        "captured_image": 3600,
        "teardown": 12,
    },
    "requests": {"iso_image": 6, "temporary_server": 8, "installation": 30, "captured_image": 14, "teardown": 10},
}
SECOND = {**DEBIAN, "image_name": "second", "queued_s": 44.0}
BEFORE = {key: value for key, value in DEBIAN.items() if key != "requests"}
"""As a version has left it that counted no requests."""


def summary(outputs: Any, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [warm.python(), "-m", "commands.summary", "--outputs", "-", *options],
        cwd=ROOT,
        input=outputs if isinstance(outputs, str) else json.dumps(outputs),
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_build_is_a_line_with_the_time_of_each_step_and_its_requests():
    shown = summary({"builds": {"debian": DEBIAN}, "images": {"debian": DEBIAN["image_id"]}})

    head, line = shown.stdout.splitlines()
    assert head.split("  ")[0] == "build"
    for title in ("image", "ISO image", "server", "installation", "capture", "teardown", "total", "requests"):
        assert title in head
    assert "queue" not in head
    assert [
        "debian",
        "debian-golden",
        "1 min 01 s",
        "30 s",
        "15 min 30 s",
        "1 h 00 min",
        "12 s",
        "1 h 17 min",
        "68",
    ] == [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_builds_that_share_an_import_count_it_once_together():
    shown = summary({"builds": {"second": SECOND, "debian": DEBIAN}})

    head, first, second, together = shown.stdout.splitlines()
    assert ("debian", "second", "together") == (first.split()[0], second.split()[0], together.split()[0])
    assert "queue" in head
    assert "44 s" in second
    assert together.endswith("130")
    assert "1 min 01 s" in together
    assert "2 h 00 min" in together


def test_upload_and_test_have_columns_if_a_build_has_them():
    tested: dict[str, Any] = {**DEBIAN, "duration_s": {"upload": 90.0, "verification": 45.0}}
    tested["duration_s"] |= DEBIAN["duration_s"]
    outputs = {"builds": {"debian": tested, "plain": DEBIAN}}

    head, _, plain, together = summary(outputs).stdout.splitlines()
    printed = json.loads(summary(outputs, "--json").stdout)

    titles = [cell.strip() for cell in head.split("  ") if cell.strip()]
    assert ["upload", "ISO image", "server", "installation", "capture", "teardown", "test", "total"] == titles[2:-1]
    assert 2 == plain.split().count("-")
    assert "1 min 30 s" in together
    assert (90.0, 45.0) == tuple(printed["together"]["duration_s"][step] for step in ("upload", "verification"))


def test_json_contains_the_same():
    printed = json.loads(summary({"builds": {"second": SECOND, "debian": DEBIAN}}, "--json").stdout)

    debian, second = printed["builds"]
    assert ("debian", DEBIAN["image_id"], 68) == (debian["build"], debian["image_id"], debian["total_requests"])
    assert DEBIAN["duration_s"] == debian["duration_s"]
    assert DEBIAN["requests"] == debian["requests"]
    assert second["total_s"] - debian["total_s"] == pytest.approx(44.0)
    assert (6, 60) == (printed["together"]["requests"]["iso_image"], printed["together"]["requests"]["installation"])


def test_what_an_earlier_version_has_built_has_no_requests():
    shown = summary({"builds": {"debian": BEFORE}})

    assert shown.stdout.splitlines()[1].endswith("-")
    assert "15 min 30 s" in shown.stdout


@pytest.mark.parametrize("outputs", [{}, {"builds": {}}, {"builds": None}, {"region": "x"}, []])
def test_a_stack_without_builds_has_no_table(outputs):
    shown = summary(outputs)

    assert (0, "", "") == (shown.returncode, shown.stdout, shown.stderr)


@pytest.mark.parametrize("build", [None, 5, {}, {"duration_s": {"teardown": "x"}, "requests": [1]}, "[secret]"])
def test_a_build_that_reports_nothing_is_a_line_of_unknowns(build):
    shown = summary({"builds": {"odd": build}})

    assert ["odd", *["-"] * 8] == shown.stdout.splitlines()[1].split()


def test_what_is_no_output_of_a_stack_is_refused_in_a_sentence():
    shown = summary("no JSON")

    assert 1 == shown.returncode
    assert "summary: the input is not the output of `pulumi stack output --json`\n" == shown.stderr


def test_a_file_that_is_not_there_is_named():
    shown = subprocess.run(
        [warm.python(), "-m", "commands.summary", "--outputs", "nowhere.json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert 1 == shown.returncode
    assert "cannot read nowhere.json" in shown.stderr
