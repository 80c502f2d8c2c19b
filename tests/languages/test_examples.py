"""Each example from its first run to its end, cut short in between, and with faulty values."""

import json
import re
import signal

import psutil
import pytest

from tests.e2e.cloud import CloudView, procedure
from tests.e2e.project import ROOT
from tests.labs import RunningLab, wait_for
from tests.languages.example import CASES, PASSWORD, Example, Language
from tests.processes import command_line, descendants, has_ended, kill

pytestmark = [
    pytest.mark.languages,
    pytest.mark.timeout(1200),
    pytest.mark.parametrize("language", CASES.values()),
]
A_WEEK = 7 * 24 * 60
SERVERS = 2
"""Temporary servers of an example, one for each build."""


def test_an_example_is_created_kept_refreshed_and_destroyed(
    example: Example, lab: RunningLab, cloud: CloudView
) -> None:
    lab.clear_journal()

    outcome = example.up()

    assert outcome.status == 0, outcome
    assert procedure(lab).count("ISO image") == 1
    outputs = example.outputs()
    assert {*outputs["images"].values()} == {image["id"] for image in cloud.images("FusionCompute")}
    (server,) = cloud.servers()
    assert (server["id"], server["image"]["id"]) == (outputs["server"], outputs["images"]["web"])
    outcome = example.up("--expect-no-changes")
    assert outcome.status == 0, outcome
    outcome = example.refresh("--expect-no-changes")
    assert outcome.status == 0, outcome
    assert secrets_in_clear(example, PASSWORD, "#cloud-config", lab.env["HW_SECRET_KEY"]) == []
    outcome = example.destroy()
    assert outcome.status == 0, outcome
    assert cloud.everything() == (0, 0, 0)
    assert cloud.vpcs() == ["vpc-lab", "vpc-other"]


def test_interrupted_installations_go_on_with_the_same_servers(
    example: Example, lab: RunningLab, cloud: CloudView
) -> None:
    example.set_default(installation={"timeout_minutes": A_WEEK})
    lab.change_settings(guest={"powers_off": False})
    lab.clear_journal()

    outputs = [cut_short(example, interruption) for interruption in (signal.SIGINT, signal.SIGKILL)]

    assert "run `pulumi up` to continue" in outputs[0]
    assert "has a problem" not in outputs[0]
    lab.change_settings(guest={"powers_off": True})
    for server in cloud.servers():
        cloud.stop_server(server["id"])
    outcome = example.up()
    assert outcome.status == 0, outcome
    assert procedure(lab).count("ISO image") == 1
    assert procedure(lab).count("server") == SERVERS + 1  # and the one that the image feeds
    assert len(cloud.images("FusionCompute")) == 2
    outcome = example.destroy()
    assert outcome.status == 0, outcome
    assert cloud.everything() == (0, 0, 0)
    assert cloud.vpcs() == ["vpc-lab", "vpc-other"]


def test_faulty_values_are_refused_before_a_server_is_created(
    example: Example, language: Language, lab: RunningLab, cloud: CloudView
) -> None:
    original = (example.program / language.program).read_text()
    example.change_program(lambda text: re.sub(rf"\b{language.image_name}\b", language.misspelt, text, count=1))
    unknown = example.preview()
    (example.program / language.program).write_text(original)
    example.configure(**{"huaweicloud-image:regoin": "lab-1"})
    configuration = example.preview()
    example.configure(**{"huaweicloud-image:regoin": None})
    example.change_program(lambda text: text.replace(language.vpc, language.subnet))
    lab.clear_journal()
    late = example.up()

    assert {True} == {outcome.status != 0 for outcome in (unknown, configuration, late)}
    assert re.search(language.refusal, unknown.output), unknown
    assert "huaweicloud-image:regoin: is not a known key; did you mean 'region'?" in configuration.output
    assert "the preflight found 2 problems; the build did not begin:" in late.output
    assert re.search(
        r"\.vpcId: '[-0-9a-f]+' is not a VPC that these credentials can access; choose one of ", late.output
    )
    assert "server" not in procedure(lab)
    outcome = example.destroy()
    assert outcome.status == 0, outcome
    assert cloud.everything() == (0, 0, 0)


def cut_short(example: Example, interruption: signal.Signals) -> str:
    """Begin an `up`, end it while both servers are installed, and return its output."""
    command = example.start("up", "--yes", "--skip-preview", "--stack", "test")
    wait_for(lambda: example.pending("OsInstallation") == SERVERS or command.poll(), "the installations", 90)
    assert command.poll() is None, command.communicate()
    started = descendants(psutil.Process(command.pid))
    try:
        plugins = plugins_of(started)
        command.send_signal(interruption)
        wait_for(lambda: all(map(has_ended, plugins)), "the end of the provider")
    finally:
        kill(started)
    output, _ = command.communicate(timeout=60)
    assert command.returncode != 0
    assert example.unlock() == (interruption == signal.SIGKILL)
    return output


def plugins_of(started: list[psutil.Process]) -> list[psutil.Process]:
    """Return the processes of the provider: the engine's, and that of a language host that reads the schema."""
    found = [process for process in started if str(ROOT / "plugin") in command_line(process)]
    assert found
    return found


def secrets_in_clear(example: Example, *secrets: str) -> list[str]:
    """Return the files of the state that contain a secret."""
    exported = json.dumps(example.state())
    files = {str(file): file.read_text(errors="replace") for file in example.state_files()}
    return [
        f"{place}: {secret}"
        for place, text in {**files, "stack export": exported}.items()
        for secret in secrets
        if secret in text
    ]
