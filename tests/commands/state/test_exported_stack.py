"""States of other programs: commands find the same resources, whether they are dynamic ones or the provider's."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from commands.console import Installing, installing, under_test
from commands.state import exported_stack, recorded_builds
from commands.state.exported_stack import NoState
from commands.sweep import known_builds
from config.resource_types import DYNAMIC, PROVIDED
from toolchain.paths import ROOT

BUILD = "0123456789abcdef"
LIVE = {"region": "lab-1", "status": "live", "build_id": BUILD, "iso_image_id": "iso", "duration_s": 1.5, "requests": 6}
IDENTITY = {"build_id": BUILD, "region": "lab-1", "project_id": "a-project"}
IMAGE = {"image_id": "image", "name": "debian", "build_id": BUILD, "duration_s": 2.5, "queued_s": 1.25, "requests": 4}


def state(way: str, *resources: tuple[str, str, dict[str, Any]], **more: Any) -> str:
    """Return a state as `pulumi stack export` prints it."""
    listed = [
        {
            "type": f"{way}{kind}",
            "urn": f"urn:pulumi:prod::a-program::huaweicloud-image:index:IsoImageBuild${way}{kind}::golden",
            "id": id_,
            "outputs": outputs,
            **more,
        }
        for kind, id_, outputs in resources
    ]
    return json.dumps({"version": 3, "deployment": {"resources": listed}})


@pytest.fixture(params=[DYNAMIC, PROVIDED])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_server_that_is_not_installed_yet_is_found(way: str) -> None:
    server, installation = ("TempServer", "server", LIVE), ("OsInstallation", "server", {"server_id": "server"})

    found = installing(exported_stack.resources(state(way, server)))

    assert [Installing("golden", "lab-1", "server")] == found
    assert [] == installing(exported_stack.resources(state(way, server, installation)))
    assert [] == installing(exported_stack.resources(state(way, server, delete=True)))
    assert [] == installing(exported_stack.resources(state("another:index:", server)))


def test_a_test_that_is_under_way_is_found_by_its_build(way: str) -> None:
    (resource,) = json.loads(state(way, ("ImageVerification", "", {})))["deployment"]["resources"]
    begun = {"type": "creating", "resource": {**resource, "inputs": {"build_id": BUILD, "region": "lab-1"}}}
    ended = {"type": "deleting", "resource": resource}
    text = json.dumps({"deployment": {"resources": [], "pending_operations": [begun, ended]}})

    export = exported_stack.parse(text)

    assert [] == export.resources
    assert [Installing("golden", "lab-1", "", BUILD)] == under_test(export.pending)
    assert [] == under_test(exported_stack.parse(state(way, ("TempServer", "server", LIVE))).pending)


def test_upload_and_test_are_steps_of_the_builds_that_have_them(way: str) -> None:
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("IsoObject", "bucket:iso/1.iso", {"duration_s": 7, "requests": 9}),
        ("IsoObject", "bucket:iso/2.iso", {"duration_s": 70, "requests": 90}),
        ("IsoImage", "iso", {"image_id": "iso", "image_url": "bucket:iso/1.iso", "duration_s": 60, "requests": 5}),
        ("TempServer", "server", LIVE),
        ("CapturedImage", "image", IMAGE),
        ("ImageVerification", "test", {"build_id": BUILD, "duration_s": 20, "requests": 8}),
    ]

    golden = recorded_builds.outputs_of(exported_stack.resources(state(way, *steps)))["builds"]["golden"]

    assert (7, 20) == (golden["duration_s"]["upload"], golden["duration_s"]["verification"])
    assert (9, 8) == (golden["requests"]["upload"], golden["requests"]["verification"])


def test_a_build_is_known_to_the_sweep(way: str) -> None:
    resources = exported_stack.resources(state(way, ("BuildIdentity", BUILD, IDENTITY)))

    assert {BUILD: "prod/golden"} == known_builds.builds(resources)
    phrase = "prod/golden was created in project a-project"
    assert {"a-project": phrase} == known_builds.projects(resources, "lab-1")
    assert {} == known_builds.projects(resources, "lab-2")


def test_the_summary_of_a_program_without_outputs_follows_from_its_steps(way: str) -> None:
    steps = [
        ("IsoImage", "iso", {"image_id": "iso", "duration_s": 60, "requests": 5}),
        ("TempServer", "server", LIVE),
        ("OsInstallation", "server", {"server_id": "server", "duration_s": 30, "requests": 2}),
        ("CapturedImage", "image", IMAGE),
        ("TempServerTeardown", "server", {"server_id": "server", "duration_s": 3}),
    ]

    golden = recorded_builds.outputs_of(exported_stack.resources(state(way, *steps)))["builds"]["golden"]

    seconds = {"iso_image": 60, "temporary_server": 1.5, "installation": 30, "captured_image": 2.5, "teardown": 3}
    requests = {"iso_image": 5, "temporary_server": 6, "installation": 2, "captured_image": 4}
    assert seconds == golden["duration_s"]
    assert requests == golden["requests"]
    assert ("debian", "image", "iso", 1.2) == tuple(
        golden[key] for key in ("image_name", "image_id", "iso_image_id", "queued_s")
    )


def command(name: str, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", f"commands.{name}", *arguments]
    return subprocess.run(line, cwd=ROOT, input=text, capture_output=True, text=True, timeout=60)


def test_the_commands_read_the_standard_input(way: str) -> None:
    begun = state(way, ("TempServer", "server", LIVE))

    summary = command("summary", "--state", "-", text=begun)
    power_off = command("power_off", "--state", "-", "--build", "other", text=begun)
    console = command("console", "--state", "-", text=state(way))

    assert summary.stdout.splitlines()[1].split()[:2] == ["golden", "-"]
    assert "is not installing 'other'; it is installing golden" in power_off.stderr
    assert "no server is being installed" in console.stderr


@pytest.mark.parametrize("text", ["", "[]", '{"deployment": 1}', '{"deployment": {"resources": [{"type": "a"}]}}'])
def test_another_text_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(text)

    with pytest.raises(NoState, match=r"file was not written by `pulumi stack export"):
        exported_stack.read(tmp_path / "file")
    with pytest.raises(NoState, match="cannot be read: No such file"):
        exported_stack.read(tmp_path / "absent")
