"""The lab's commands for servers and images: names instead of ids, and a message for every failure."""

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import huaweicloudsdkecs.v2 as ecs
import pytest

from lab.__main__ import main
from tests import warm
from tests.lab.clients import Clients
from tests.labs import ROOT, RunningLab


class Result(NamedTuple):
    """Exit status and output of a command."""

    status: int
    out: str
    err: str


Run = Callable[..., Result]
STAYS = {"powers_off": False, "install_s": 0}
ENDLESS = {"install_s": 1e9}


@pytest.fixture
def run(lab: RunningLab, capsys: pytest.CaptureFixture[str]) -> Run:
    def command(*arguments: str) -> Result:
        status = main([*arguments, "--state", str(lab.state)])
        return Result(status, *capsys.readouterr())

    return command


def test_a_server_is_known_by_its_name_its_id_and_a_beginning_of_either(
    cloud: Clients, lab: RunningLab, run: Run
) -> None:
    lab.change_settings(guest=ENDLESS)
    server_id = cloud.create_server(cloud.iso_image(), name="debian-4711")

    for reference in (server_id, server_id[:13], "debian-4711", "debian"):
        assert Result(0, "booting from iso, installing\n", "") == _without_id(run("console", reference))


def _without_id(result: Result) -> Result:
    return result._replace(out=re.sub(r"[0-9a-f-]{36}\.iso", "iso", result.out))


def test_a_whole_name_counts_more_than_the_beginning_of_another(cloud: Clients, lab: RunningLab, run: Run) -> None:
    lab.change_settings(guest=ENDLESS)
    iso = cloud.iso_image()
    short, _ = cloud.create_server(iso, name="debian"), cloud.create_server(iso, name="debian-2")

    assert lab.call("GET", "/servers/debian")["id"] == short


@pytest.mark.parametrize(
    "command", [("console",), ("console", "--follow"), ("screenshot",), ("power-off",), ("reboot",)]
)
def test_a_reference_that_is_unknown_or_ambiguous_ends_in_a_sentence_with_the_candidates(
    cloud: Clients, lab: RunningLab, run: Run, command: tuple[str, ...], tmp_path: Path
) -> None:
    lab.change_settings(guest=ENDLESS)
    cloud.clean_up()  # a server that another test left would be a candidate
    iso = cloud.iso_image()
    ids = [cloud.create_server(iso, name=name) for name in ("debian-1", "debian-2")]
    file = [str(tmp_path / "screen.png")] if command == ("screenshot",) else []
    candidates = f"debian-1 ({ids[0]}, ACTIVE), debian-2 ({ids[1]}, ACTIVE)"

    for reference, sentence in (
        ("deb", f"'deb' can be {candidates}; use more of the name, or the id"),
        ("other", f"there is no server 'other'; the servers are {candidates}"),
        ("a/b", f"there is no server 'a/b'; the servers are {candidates}"),
        ("", f"there is no server ''; the servers are {candidates}"),
    ):
        assert Result(1, "", f"error: {sentence}\n") == run(*command, reference, *file)


def test_without_servers_a_reference_ends_in_a_sentence(cloud: Clients, run: Run) -> None:
    assert Result(1, "", "error: there is no server 'debian'; there are no servers\n") == run("console", "debian")


def test_a_screen_that_is_not_there_is_explained(cloud: Clients, run: Run, tmp_path: Path, lab: RunningLab) -> None:
    lab.change_settings(guest=ENDLESS)
    server_id = cloud.create_server(cloud.iso_image(), name="debian")

    result = run("screenshot", "debian", str(tmp_path / "screen.png"))

    assert f"error: server debian ({server_id}) shows no screen: the driver simulated has none\n" == result.err
    assert 1 == result.status
    assert not (tmp_path / "screen.png").exists()


def test_a_server_is_switched_off_and_on_by_its_name(cloud: Clients, lab: RunningLab, run: Run) -> None:
    lab.change_settings(guest=STAYS)
    server_id = cloud.create_server(cloud.iso_image(), name="debian")
    name = f"server debian ({server_id})"

    assert Result(0, f"{name} is off\n", "") == run("power-off", "debian")
    assert "SHUTOFF" == cloud.server(server_id).status
    assert Result(0, f"{name} is already off\n", "") == run("power-off", "debian", "--hard")
    assert Result(0, f"{name} is on\n", "") == run("power-on", "debian")
    assert Result(0, f"{name} is restarted\n", "") == run("reboot", "debian", "--hard")
    assert "ACTIVE" == cloud.server(server_id).status
    assert "restarted" in run("console", "debian").out


def test_a_power_action_that_is_refused_names_the_server_and_the_reason(
    cloud: Clients, lab: RunningLab, run: Run
) -> None:
    lab.job_fault("create_server", "boot", "Ecs.0219", leaves_error=True)
    body = ecs.CreatePostPaidServersRequestBody(server=cloud.server_body(cloud.iso_image(), name="debian"))
    response = cloud.ecs.create_post_paid_servers(ecs.CreatePostPaidServersRequest(body=body))
    cloud.server_job(response.job_id)

    result = run("power-off", "debian")

    assert 1 == result.status
    assert (
        f"error: stop of server debian ({response.server_ids[0]}, ERROR) is refused: The server's state" in result.err
    )
    assert "(Ecs.0100)" in result.err


def cloud_stop(cloud: Clients, server_id: str) -> None:
    option = ecs.BatchStopServersOption(servers=[ecs.ServerId(id=server_id)], type="SOFT")
    body = ecs.BatchStopServersRequestBody(os_stop=option)
    cloud.ecs.batch_stop_servers(ecs.BatchStopServersRequest(body=body))


def test_an_image_is_booted_by_its_name_until_its_console_shows_a_text(cloud: Clients, run: Run) -> None:
    image_id = cloud.golden_image()

    result = run("boot", "gold", "--until", "installed from")

    assert 0 == result.status
    assert "booting: installed from" in result.out
    assert f"boots image golden ({image_id}); press Ctrl-C to end it" in result.err


@pytest.mark.parametrize(
    ("text", "reason"),
    [("NEVER", "timed out after 0.1 s, and the guest is still running; its last lines:\n  | booting: ")],
)
def test_a_boot_that_does_not_show_the_text_ends_with_the_reason_and_the_last_lines(
    cloud: Clients, run: Run, text: str, reason: str
) -> None:
    cloud.golden_image()

    result = run("boot", "golden", "--until", text, "--timeout", "0.1")

    assert 1 == result.status
    assert f"error: the console did not show '{text}': {reason}" in result.err


def test_a_boot_whose_server_cannot_be_made_gives_the_reason(cloud: Clients, lab: RunningLab, run: Run) -> None:
    cloud.golden_image()
    lab.job_fault("create_server", "boot", "Ecs.0219", reason="no host is free")

    result = run("boot", "golden", "--until", "X")

    assert 1 == result.status
    assert "it could not be created: no host is free (Ecs.0219)" in result.err


def test_a_boot_of_an_iso_image_or_of_an_unknown_one_gives_the_reason(cloud: Clients, run: Run) -> None:
    iso = cloud.iso_image(name="netinst")

    assert f"image netinst ({iso}) is an ISO image; boot the image of a disk" in run("boot", "netinst").err
    unknown = run("boot", "other")
    assert 1 == unknown.status
    assert "there is no image 'other'; the images are " in unknown.err
    assert f"netinst ({iso}, created " in unknown.err


@contextmanager
def following(lab: RunningLab, server: str) -> Iterator["subprocess.Popen[str]"]:
    command = [warm.python(), "-m", "lab", "console", server, "--follow", "--state", str(lab.state)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, text=True, bufsize=1, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def test_a_console_is_followed_until_its_server_is_gone(cloud: Clients, lab: RunningLab) -> None:
    lab.change_settings(guest=STAYS)
    server_id = cloud.create_server(cloud.iso_image(), name="debian")

    with following(lab, "debian") as process:
        assert process.stdout is not None
        assert "booting from" in process.stdout.readline()
        assert "installation finished\n" == process.stdout.readline()
        cloud_stop(cloud, server_id)
        assert "powered off\n" == process.stdout.readline()
        cloud.delete_server(server_id)
        out, err = process.communicate(timeout=30)

    assert 0 == process.returncode
    assert "" == out
    assert err.splitlines()[-1] == f"server debian ({server_id}) was deleted"


def test_a_follower_ends_at_ctrl_c_with_the_status_of_an_interruption(cloud: Clients, lab: RunningLab) -> None:
    lab.change_settings(guest=ENDLESS)
    cloud.create_server(cloud.iso_image(), name="debian")

    with following(lab, "debian") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)

    assert 130 == process.returncode
    assert "interrupted\n" == err


def test_nothing_that_a_user_named_reaches_a_terminal_unfiltered(cloud: Clients, lab: RunningLab, run: Run) -> None:
    result = run("console", "\x1b[=3h\x9b31m\u202etxt")

    assert 1 == result.status
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", result.err)


@pytest.mark.parametrize(
    "arguments",
    [
        ("console", "x"), ("boot", "x"), ("env",), ("journal",), ("power-off", "x"), ("put", "README.md", "a/b"),
        ("screenshot", "x", "y"),
    ],
)  # fmt: skip
def test_a_command_without_a_running_lab_reports_it(
    arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 1 == main([*arguments, "--state", str(tmp_path)])

    assert f"error: no lab is running in {tmp_path}; start one: python -m lab start\n" == capsys.readouterr().err


@pytest.mark.parametrize("command", ["status", "stop", "env", "start", "reset"])
def test_a_damaged_state_folder_ends_in_a_sentence(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lab.json").write_text("{")
    (tmp_path / "file").write_text("")

    assert 1 == main([command, "--state", str(tmp_path)])
    assert "lab.json is damaged" in capsys.readouterr().err
    assert 1 == main(["start", "--driver", "simulated", "--state", str(tmp_path / "file")])
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert "Traceback" not in err


def test_a_setting_of_the_environment_that_is_wrong_ends_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LAB_QEMU_RAM_MIB", "much")

    assert 1 == main(["start", "--driver", "qemu", "--port", "0", "--state", str(tmp_path / "state")])

    assert "the lab did not start: LAB_QEMU_RAM_MIB='much' is not a number of MiB" in capsys.readouterr().err


def test_a_terminal_without_unicode_gets_the_rest(cloud: Clients, lab: RunningLab) -> None:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    command = [warm.python(), "-m", "lab", "console", "d\u00e9bian", "--state", str(lab.state)]

    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert 1 == done.returncode
    assert "Traceback" not in done.stderr
    assert "there is no server" in done.stderr
