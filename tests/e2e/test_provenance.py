"""Provenance of images under the CLI: outputs, tags, the command that compares them, and states of earlier versions."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.constraints import PROVENANCE_KEY
from providers.provenance import statement
from tests.e2e.cloud import CloudView
from tests.e2e.project import ROOT, STACK, Project, build_settings
from tests.labs import RunningLab
from tests.provenance_schema import require_valid

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("provenance")]

PASSES = {"until": "cloud-init finished"}
USER_DATA = "#cloud-config\npassword: Secret-1234"


@pytest.fixture(scope="module")
def project(lab: RunningLab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    made = Project(tmp_path_factory.mktemp("provenance") / "project", lab.env)
    builds = [
        build_settings(lab.env, user_data=USER_DATA),
        build_settings(lab.env, name="tested", image_name="tested", verify=PASSES),
    ]
    made.configure(region=lab.env["HW_REGION_NAME"], builds=builds)
    outcome = made.up_after_preview()
    assert outcome.status == 0, outcome
    yield made
    made.destroy()


def command(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    state = project.folder / "state.json"
    exported = project.pulumi("stack", "export", "--stack", STACK, "--file", str(state))
    assert exported.status == 0, exported
    run = [sys.executable, "-m", "commands.provenance", "--state", str(state), *arguments]
    environment = {**os.environ, **project.environment}
    return subprocess.run(run, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_the_outputs_have_the_digest_of_the_statement(project: Project, lab: RunningLab) -> None:
    done = command(project)

    assert 0 == done.returncode, done
    texts = {"debian": done.stdout.splitlines()[0], "tested": done.stdout.splitlines()[1]}
    outputs = project.outputs()["builds"]
    for name, text in texts.items():
        found = require_valid(text)
        assert hashlib.sha256(text.encode()).hexdigest() == outputs[name]["provenance_sha256"]
        assert outputs[name]["image_id"] == found["subject"][0]["name"]
        external = found["predicate"]["buildDefinition"]["externalParameters"]
        assert ("lab-images:installer.iso", "s6.large.2") == (external["iso"], external["flavor"])
    assert "Secret-1234" not in done.stdout
    assert str(project.folder) not in done.stdout
    for secret in ("HW_ACCESS_KEY", "HW_SECRET_KEY"):
        assert lab.env[secret] not in done.stdout
    assert json.loads(texts["debian"])["predicate"]["buildDefinition"]["externalParameters"]["has_user_data"]
    assert "passed" == json.loads(texts["tested"])["predicate"]["runDetails"][statement.VERIFICATION]["result"]


def test_every_run_has_the_same_bytes(project: Project) -> None:
    first = command(project).stdout

    unchanged = project.preview("--expect-no-changes")
    refreshed = project.up_after_preview("--refresh")

    assert unchanged.status == 0, unchanged
    assert refreshed.status == 0, refreshed
    assert first == command(project).stdout


def test_the_files_have_the_bytes_of_the_digests(project: Project, tmp_path: Path) -> None:
    output, identity = tmp_path / "statement.json", tmp_path / "identity.json"

    done = command(project, "--build", "tested", "--output", str(output), "--identity", str(identity))

    assert 0 == done.returncode, done
    digest = project.outputs()["builds"]["tested"]["provenance_sha256"]
    assert digest == hashlib.sha256(output.read_bytes()).hexdigest()
    subject = json.loads(output.read_text())["subject"][0]["digest"]["sha256"]
    assert subject == hashlib.sha256(identity.read_bytes()).hexdigest()


def test_another_tag_is_reported_and_restored(project: Project, cloud: CloudView) -> None:
    image_id = project.outputs()["images"]["debian"]
    cloud.set_tags(image_id, **{PROVENANCE_KEY: statement.tag_value("00" * 32)})

    other = command(project, "--build", "debian")
    restored = project.up_after_preview("--refresh")

    assert 1 == other.returncode
    assert f"debian: the tag {PROVENANCE_KEY} of image {image_id} is AAAA" in other.stderr
    assert restored.status == 0, restored
    assert 0 == command(project, "--build", "debian").returncode


def test_an_unknown_build_is_refused(project: Project) -> None:
    done = command(project, "--build", "other")

    assert (1, "") == (done.returncode, done.stdout)
    assert "provenance: there is no image of a build other in the state" in done.stderr
