"""Configurations that cannot work fail before anything is created, with one clear message."""

from typing import Any

import pytest

from tests.e2e.cloud import procedure
from tests.e2e.project import Project, build_settings

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("refused")]


def refused(project, lab, *words):
    """Assert that the preview fails with all the words and no traceback, and that nothing was created."""
    lab.clear_journal()
    outcome = project.preview()

    assert outcome.status != 0, outcome
    for word in words:
        assert word in outcome.output, outcome
    assert "Traceback" not in outcome.output, outcome
    assert [] == procedure(lab)
    return outcome


Fault = tuple[dict[str, Any], str, str]
CONFIGURED: tuple[Fault, ...] = (
    ({"data_volumes": []}, "data_volumes", "exactly one data disk"),
    ({"min_disk": 40}, "root_volume", "40 GiB"),
    ({"min_disk": 40}, "data_volumes", "40 GiB"),
    ({"image_name": ""}, "image_name", "1 to 128"),
    ({"image_name": "a<b>"}, "image_name", "letters"),
    ({"imagename": "x"}, "imagename", "not a known key"),
)
"""Settings of a build, the key that is named, and words of the problem; the configuration alone shows these."""

IN_THE_CLOUD: tuple[Fault, ...] = (
    ({"flavor": "s6.medium.2"}, "flavor", "1 vCPU,"),
    ({"flavor": "s6.medium.2"}, "flavor", "s6.large.2"),
    ({"flavor": "s6.xlarge.2"}, "flavor", "4 vCPUs"),
    ({"flavor": "s6.large.1"}, "flavor", "2048 MiB"),
    ({"flavor": "s9.large.2"}, "flavor", "not offered"),
    ({"image_url": "lab-images:absent.iso"}, "image_url", "absent.iso"),
)


@pytest.mark.parametrize("faults", [CONFIGURED, IN_THE_CLOUD], ids=["configured", "in the cloud"])
def test_faulty_builds_are_refused_at_preview_with_a_line_for_each(new_project, lab, faults):
    project = new_project()
    names = [{"name": f"b{number}", "image_name": f"golden-{number}"} for number in range(len(faults))]
    builds = [build_settings(lab.env, **{**name, **changes}) for name, (changes, *_) in zip(names, faults, strict=True)]
    project.configure(region=lab.env["HW_REGION_NAME"], builds=builds)

    outcome = refused(project, lab)

    for number, (_, key, words) in enumerate(faults):
        lines = [line for line in outcome.output.splitlines() if f"builds[{number}].{key}" in line]
        assert any(words in line for line in lines), (number, key, words, outcome)


def test_a_misspelt_key_of_the_stack_is_refused(new_project, lab):
    project = new_project()
    project.configure(region=lab.env["HW_REGION_NAME"], builds=[build_settings(lab.env)], regoin="x")

    refused(project, lab, "image-from-iso:regoin", "not a known key")


@pytest.mark.recovery("`the configuration has N problems; nothing was created`")
def test_all_problems_are_named_at_once_where_no_preflight_does_it_and_the_corrected_stack_is_accepted(
    lab, new_project
):
    project = new_project()
    project.configure(
        region=lab.env["HW_REGION_NAME"], preflight="off", builds=[build_settings(lab.env, min_disk=0, zone="x")]
    )
    refused(project, lab, "the configuration has 2 ", "builds[0].min_disk", "builds[0].zone")

    project.configure(region=lab.env["HW_REGION_NAME"], preflight="off", builds=[build_settings(lab.env)])

    outcome = project.preview()
    assert outcome.status == 0, outcome


@pytest.mark.recovery("`No credentials found …`")
def test_missing_credentials_are_named(lab, tmp_path):
    secret = ("HW_ACCESS_KEY", "HW_SECRET_KEY", "HW_USER_NAME", "HW_USER_PASSWORD")
    project = Project(tmp_path / "p", {key: value for key, value in lab.env.items() if key not in secret})
    project.configure(region=lab.env["HW_REGION_NAME"], builds=[build_settings(lab.env)])

    refused(project, lab, "credentials", "HW_ACCESS_KEY", "HW_USER_PASSWORD")


def test_a_wrong_password_is_named_and_not_shown(lab, tmp_path):
    environment = {key: value for key, value in lab.env.items() if key not in ("HW_ACCESS_KEY", "HW_SECRET_KEY")}
    project = Project(tmp_path / "p", {**environment, "HW_USER_PASSWORD": "a-wrong-password"})
    project.configure(region=lab.env["HW_REGION_NAME"], builds=[build_settings(lab.env)])

    outcome = refused(project, lab, "password")

    assert "a-wrong-password" not in outcome.output


@pytest.mark.recovery("`The region '…' is not known`")
def test_an_unknown_region_is_named(lab, tmp_path):
    environment = {key: value for key, value in lab.env.items() if not key.endswith(("_ENDPOINT", "_URL"))}
    project = Project(tmp_path / "p", environment)
    project.configure(region="mars-north-1", builds=[build_settings(lab.env)])

    refused(project, lab, "region", "mars-north-1")


@pytest.mark.recovery("`could not check …` (a warning)")
def test_without_a_cloud_the_preview_says_what_it_could_not_check(lab, tmp_path):
    environment = {
        key: "http://127.0.0.1:1" if key.endswith(("_ENDPOINT", "_URL")) else value for key, value in lab.env.items()
    }
    project = Project(tmp_path / "p", environment)
    project.configure(region=lab.env["HW_REGION_NAME"], builds=[build_settings(lab.env)])

    good = project.preview()
    project.configure(region=lab.env["HW_REGION_NAME"], builds=[build_settings(lab.env, min_disk=4000)])
    bad = project.preview()

    assert good.status == 0, good
    assert "could not check" in good.output
    assert bad.status != 0, bad
    assert "builds[0].min_disk" in bad.output


def test_nothing_that_the_cloud_sends_reaches_the_terminal_as_control_characters(new_project, lab):
    evil = "odd\x1b[2J\x1b]0;title\x07\x9b31m\u202e <{%no such color%}> \r\nend"
    lab.fault("status", service="ims", method="GET", status=400, code=f"IMG.{evil}", message=evil)
    lab.fault("status", service="ims", method="POST", status=400, code=f"IMG.{evil}", message=evil)
    project = new_project()

    for outcome in (project.preview(), project.up()):
        assert "odd" in outcome.output, outcome
        assert [] == [c for c in outcome.output if not (c.isprintable() or c in "\n\t")], outcome
        assert "panic" not in outcome.output, outcome
    lab.call("DELETE", "/faults")
