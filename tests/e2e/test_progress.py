"""
Progress of a build on a terminal and in a log, and its durations at the end.

The tests share one stack and run in their order.
"""

import fcntl
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import termios
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests import warm
from tests.commands.recording_clone import BEING_WRITTEN
from tests.e2e.cloud import CloudView
from tests.e2e.crash.bench import quick_lab
from tests.e2e.project import COMMAND_TIMEOUT_S, ROOT, STACK, Outcome, Project, build_settings
from tests.labs import RunningLab, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("progress")]

STEPS = ["iso_image", "temporary_server", "installation", "captured_image", "teardown"]
ROWS, COLUMNS = 60, 400


@pytest.fixture(scope="module")
def slow_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """Run a lab on the real clock in which a build takes some seconds."""
    lab = quick_lab(tmp_path_factory.mktemp("lab"))
    lab.change_settings(durations={"import_image": 4, "capture_image": 4}, guest={"install_s": 6})
    yield lab
    lab.stop()


@pytest.fixture(scope="module")
def project(slow_lab: RunningLab, tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = Project(tmp_path_factory.mktemp("progress") / "project", slow_lab.env)
    configure(made, slow_lab)
    return made


def configure(project: Project, lab: RunningLab, **changes: Any) -> None:
    project.configure(region=lab.env["HW_REGION_NAME"], builds=[build_settings(lab.env, **changes)])


def on_a_terminal(
    project: Project, *arguments: str, columns: int = COLUMNS, watch: Callable[[str], None] = lambda _shown: None
) -> Outcome:
    """
    Run a command of the CLI as a person does; the output is all that the terminal was sent.

    The provider looks for the terminal among the processes that it descends from, so none of them is warm.

    Args:
        columns: Width of the terminal.
        watch: Function that is called with all output so far, each time there is more.
    """
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    command = subprocess.Popen(
        ["pulumi", *arguments],
        executable=shutil.which("pulumi", path=project.variables["PATH"]),
        cwd=project.program,
        env={**project.variables, "TERM": "xterm"},
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
    )
    os.close(its)
    shown = bytearray()
    try:
        while part := _read(ours):
            shown += part
            watch(shown.decode(errors="replace"))
    finally:
        os.close(ours)
    return Outcome(command.wait(COMMAND_TIMEOUT_S), shown.decode(errors="replace"))


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # nobody has the terminal open any more
        return b""


def summary(project: Project, *options: str) -> str:
    """`python -m commands.summary` of what the CLI prints."""
    printed = project.pulumi("stack", "output", "--json", "--stack", STACK).output
    command = [warm.python(), "-m", "commands.summary", "--outputs", "-", *options]
    return subprocess.run(command, cwd=ROOT, input=printed, capture_output=True, text=True, check=True).stdout


def test_a_log_gets_a_line_when_something_changes_and_no_address_of_a_console(project: Project) -> None:
    outcome = project.up()

    assert outcome.status == 0, outcome
    lines = outcome.output.splitlines()
    waits = [line for line in lines if "OsInstallation" in line and "installing (ACTIVE)" in line]
    assert 1 == len(waits), outcome
    for told in ("RUNNING 33%", "SUCCESS 100%", "active", "shut down", "gone"):
        assert told in outcome.output
    assert "console:" not in outcome.output
    assert "token=" not in outcome.output


def test_the_table_has_what_the_build_took(project: Project) -> None:
    head, line = summary(project).splitlines()
    (told,) = json.loads(summary(project, "--json"))["builds"]

    assert head.endswith("requests")
    assert ["debian", "debian-golden"] == line.split()[:2]
    assert line.endswith(str(told["total_requests"]))
    assert set(STEPS) == set(told["duration_s"]) == set(told["requests"])
    assert all(requests > 0 for requests in told["requests"].values())
    assert told["duration_s"]["installation"] > 0


def test_a_terminal_shows_every_look_with_the_expected_end_and_the_address_of_the_console(
    project: Project, slow_lab: RunningLab
) -> None:
    configure(project, slow_lab, rebuild="again")

    outcome = on_a_terminal(project, "up", "--yes", "--skip-preview", "--stack", STACK)

    assert outcome.status == 0, outcome
    looks = set(re.findall(r"installing \(ACTIVE\), (\d+) s elapsed, about \d+ s left, console: http", outcome.output))
    assert len(looks) > 1, outcome
    assert "token=" in outcome.output
    assert "token=" not in outcome.output[outcome.output.rindex("Resources:") :]
    assert "token=" not in json.dumps(project.state())


def test_the_consoles_of_servers_that_are_being_installed_can_be_asked_for(
    project: Project, slow_lab: RunningLab
) -> None:
    for name in ("commands", "toolchain"):
        shutil.copytree(ROOT / name, project.program / name, ignore=BEING_WRITTEN)
    (project.program / ".state").mkdir()
    (project.program / ".state" / "bin").symlink_to(ROOT / ".state" / "bin")
    slow_lab.change_settings(guest={"powers_off": False})
    configure(project, slow_lab, rebuild="for the console", min_image_size=0.1)

    command = project.start_warm("up", "--yes", "--skip-preview", "--stack", STACK)
    shown = wait_for(lambda: consoles(project).stdout, "an installation", 60)
    (server,) = CloudView(slow_lab.env).servers()
    CloudView(slow_lab.env).stop_server(server["id"])
    output, _ = command.communicate(timeout=COMMAND_TIMEOUT_S)
    afterwards = consoles(project)

    assert command.returncode == 0, output
    name, url = shown.split()
    assert "debian" == name
    assert f"/console/{server['id']}?token=" in url
    assert (1, "") == (afterwards.returncode, afterwards.stdout)
    assert "no server is being installed" in afterwards.stderr


def test_a_person_who_has_to_install_sees_where_on_a_narrow_terminal(project: Project, slow_lab: RunningLab) -> None:
    assert project.destroy().status == 0  # the row of a replacement has room for its diff only
    slow_lab.change_settings(guest={"powers_off": False, "install_s": 0})
    interactive = {"installation": {"mode": "interactive"}, "min_image_size": 0.1}
    configure(project, slow_lab, rebuild="for a person", **interactive)
    told, row = f"run `make console STACK={STACK}`", re.compile(r"OsInstallation .*make console, ins")
    cloud = CloudView(slow_lab.env)
    seen: list[str] = []

    def install(shown: str) -> None:
        if not seen and row.search(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)):
            seen.append(shown)
            for server in cloud.servers():
                cloud.stop_server(server["id"])

    preview = on_a_terminal(project, "preview", "--stack", STACK, columns=80)
    outcome = on_a_terminal(project, "up", "--yes", "--stack", STACK, columns=120, watch=install)

    assert told in preview.output, preview
    assert outcome.status == 0, outcome
    assert told in seen[0][: seen[0].index("Updating")]


def consoles(project: Project) -> subprocess.CompletedProcess[str]:
    """`make console` in the project's folder."""
    command = [warm.python(), "-m", "commands.console", "--stack", STACK]
    return subprocess.run(command, cwd=project.program, env=project.variables, capture_output=True, text=True)


def test_a_state_of_an_earlier_version_has_no_requests_and_does_not_change_for_it(project: Project) -> None:
    state = project.state()
    for resource in state["deployment"]["resources"]:
        for figure in ("requests", "queued_s"):
            resource.get("outputs", {}).pop(figure, None)
    earlier = project.folder / "earlier.json"
    earlier.write_text(json.dumps(state))
    assert 0 == project.pulumi("stack", "import", "--stack", STACK, "--file", str(earlier)).status

    for outcome in (project.up("--expect-no-changes"), project.refresh("--expect-no-changes")):
        assert outcome.status == 0, outcome
    assert summary(project).splitlines()[1].endswith("-")
    assert project.destroy().status == 0
