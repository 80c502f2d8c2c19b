"""Signs by which a test passes or fails an image: its console, its port and the inspection of its disk."""

import json
import socket

import pytest

from huaweicloud.models.ecs import Server
from providers.verification import guest_findings, lab_inspection
from tests.e2e.cloud import CloudView
from tests.labs import RunningLab
from tests.providers.installations import failure_of
from tests.providers.stack import Stack
from tests.providers.verifications import SHORT, failing, verified


def test_an_image_without_a_system_fails_with_what_its_console_says(stack: Stack, lab: RunningLab) -> None:
    stack.settings = {"min_image_size": 0}
    lab.change_settings(guest={"installs_on": "nothing"})

    error = failure_of(failing(stack))

    assert "the guest found no system on its disk: its console says 'booting: no bootable disk'" in str(error)


def test_an_image_without_network_fails_with_what_its_console_says(stack: Stack, lab: RunningLab) -> None:
    lab.change_settings(guest={"says": ["Network is unreachable"]})

    error = failure_of(failing(stack))

    assert "the guest has no network: its console says 'Network is unreachable'" in str(error)


def test_the_console_of_a_finished_system_passes(stack: Stack) -> None:
    verified(stack, until="cloud-init finished").up()

    assert "passed" == stack["test"]["status"]


def inspected(monkeypatch: pytest.MonkeyPatch, *severities: str) -> None:
    """Let the lab's inspection find something of each severity; simulated images have no disk to inspect."""
    findings = [{"severity": each, "rule": "r", "finding": f"A {each}.", "fix": "Correct it."} for each in severities]
    content = json.dumps({"findings": findings}).encode()
    monkeypatch.setattr("providers.verification.lab_inspection.lab_control.get", lambda *_: (200, content))


def test_an_image_whose_inspection_finds_an_error_fails(
    stack: Stack, cloud: CloudView, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspected(monkeypatch, "error", "warning")

    error = failure_of(verified(stack, inspection="required"))

    assert "failed its test: the inspection of its disk found: A error. Correct it" in str(error)
    assert "warning" not in str(error).partition("; its last output")[0]
    assert any(image["name"].endswith(f"-failed-{stack['identity'].id}") for image in cloud.images())
    assert (2, 0, 0) == cloud.everything()


def test_an_image_whose_inspection_finds_only_warnings_passes(
    stack: Stack, cloud: CloudView, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspected(monkeypatch, "warning", "note")

    verified(stack, inspection="required").up()

    assert "passed" == stack["test"]["status"]


def test_an_image_that_the_lab_cannot_inspect_does_not_fail(stack: Stack, cloud: CloudView) -> None:
    error = failure_of(verified(stack, inspection="required"))

    assert "cannot be inspected: simulated servers write no disks; start the lab with QEMU" in str(error)
    assert (2, 1, 1) == cloud.everything()
    verified(stack).up()
    assert (2, 0, 0) == cloud.everything()


def test_outside_of_the_lab_the_inspection_is_ignored_with_a_message(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, messages: list[str]
) -> None:
    monkeypatch.delenv("HW_LAB_ENDPOINT")

    verified(stack, inspection="required").up()

    assert "passed" == stack["test"]["status"]
    assert lab_inspection.IGNORED in messages


def test_a_port_that_opens_is_a_sign_too(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setattr(Server, "addresses", property(lambda _server: ["127.0.0.1"]))
        stack.settings = {"verify": {"port": listening.getsockname()[1]}}
        stack.up()

    assert "passed" == stack["test"]["status"]


def test_a_port_that_stays_closed_fails_the_image(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    monkeypatch.setattr(Server, "addresses", property(lambda _server: ["127.0.0.1"]))
    stack.settings = {"verify": {"port": port, "timeout_minutes": SHORT}}

    error = failure_of(stack)

    assert f"port {port} of 127.0.0.1 did not open for this machine" in str(error)


def test_a_console_that_cannot_be_read_fails_no_image(stack: Stack, lab: RunningLab, cloud: CloudView) -> None:
    stack.up()
    lab.fault("status", path="console-output", status=403, times=1000)

    error = failure_of(failing(stack, on_failure="delete"))

    assert "cannot be judged" in str(error)
    assert (2, 1, 1) == cloud.everything()


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        (
            "[    2.1] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
            "root file system",
        ),
        ("ALERT!  /dev/vdb1 does not exist.  Dropping to a shell!", "root file system"),
        ("[FAILED] Failed to start Wait for Network to be Configured.", "no network"),
        ("ci-info: |  eth0  | False |     .     |     .     |", "no network"),
        ("Cloud-init v. 22.4 finished. Datasource DataSourceNone.  Up 20 seconds", "no data source"),
        ("No bootable device.", "no system"),
        ("Debian GNU/Linux 12 debian ttyS0", ""),
    ],
)
def test_what_a_console_says_is_named(line: str, finding: str) -> None:
    found = guest_findings.of_console(f"something\r\n{line}\r\nmore")

    assert finding in found
    assert bool(finding) == bool(found)
