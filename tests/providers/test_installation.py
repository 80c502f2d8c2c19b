"""Installations that do not end: timeouts, installers that reboot, and cancelled waits."""

import re
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from huaweicloud.errors import Cancelled
from providers.installation import console_watch
from providers.runtime import process
from tests.e2e.cloud import CloudView
from tests.labs import RunningLab, wait_for
from tests.providers.installations import ENDLESS, failure_of, installing
from tests.providers.stack import Stack


def test_a_server_whose_installation_takes_too_long_is_kept_and_shown(
    stack: Stack, lab: RunningLab, cloud: CloudView
) -> None:
    lab.change_settings(guest=ENDLESS)

    error = failure_of(installing(stack))

    (server,) = cloud.servers()
    for text in ("0.02 minutes", server["id"], "/console/", "booting from", f"python -m lab screenshot {server['id']}"):
        assert text in str(error)
    assert "installation.timeout_minutes" in error.hint
    assert f"python -m lab power-off {server['name']}" in error.hint

    cloud.stop_server(server["id"])
    stack.settings = {"min_image_size": 0.1}  # an installer that was interrupted has written nothing
    assert ["create installation", "create image", "create teardown"] == stack.up().done[-3:]
    assert (2, 0, 0) == cloud.everything()


def test_a_person_who_stops_a_server_that_stays_on_gets_the_image_of_what_was_installed(
    stack: Stack, lab: RunningLab, cloud: CloudView
) -> None:
    lab.change_settings(guest={"powers_off": False, "install_s": 0})
    failure_of(installing(stack))
    (server,) = cloud.servers()

    cloud.stop_server(server["id"])

    assert ["create installation", "create image", "create teardown"] == stack.up().done[-3:]
    assert (2, 0, 0) == cloud.everything()


def test_a_server_whose_installation_takes_too_long_is_removed_where_the_setting_requires_it(
    stack: Stack, lab: RunningLab, cloud: CloudView, tmp_path: Path
) -> None:
    lab.change_settings(guest=ENDLESS)

    error = failure_of(installing(stack, on_timeout="remove"))

    (saved,) = (tmp_path / "diagnostics").iterdir()
    assert "was deleted" in str(error)
    assert str(saved) in str(error)
    assert "booting from" in str(error)
    for gone in ("/console/", "screenshot"):
        assert gone not in str(error)
    assert "--refresh" in error.hint
    assert "booting from" in saved.read_text()
    assert "0.02 minutes" in saved.read_text()
    assert (0o600, 0o700) == (saved.stat().st_mode & 0o777, saved.parent.stat().st_mode & 0o777)
    asked = lab.operations()
    assert asked.index("show_server_console_output") < asked.index("delete_servers")
    assert (1, 0, 0) == cloud.everything()
    assert "--refresh" in failure_of(stack).hint

    lab.change_settings(guest={"install_s": 1})
    stack.settings = {}
    assert "create server" in stack.repaired()
    assert (2, 0, 0) == cloud.everything()


@pytest.fixture
def often_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read consoles every tenth of a second."""
    for name in ("FIRST_S", "AGAIN_S", "LONGEST_S"):
        monkeypatch.setattr(console_watch, name, 0.1)


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the messages of the providers."""
    found: list[str] = []
    monkeypatch.setattr(process, "log", lambda message, *_, **__: found.append(message))
    return found


@pytest.mark.recovery("the installer reboots instead of powering off")
@pytest.mark.usefixtures("often_read")
def test_an_installer_that_always_reboots_ends_the_wait_with_a_fitting_hint(
    stack: Stack, lab: RunningLab, cloud: CloudView, warnings: list[str]
) -> None:
    lab.change_settings(guest={"reboots": -1, "install_s": 0.4})

    error = failure_of(installing(stack, timeout_minutes=5))

    (server,) = cloud.servers()
    assert re.search(rf"server {server['name']} \({server['id']}\) has started its installer [3-9] times", str(error))
    assert "instead of powering the machine off" in str(error)
    assert "is kept" in str(error)
    assert "booting from" in str(error)
    for text in ("poweroff", "rebuild", "allowed_restarts"):
        assert text in error.hint
    assert [] != [message for message in warnings if "2 starts" in message]


@pytest.mark.usefixtures("often_read")
def test_an_installer_that_always_reboots_is_removed_where_the_setting_requires_it(
    stack: Stack, lab: RunningLab, cloud: CloudView, tmp_path: Path
) -> None:
    lab.change_settings(guest={"reboots": -1, "install_s": 0.2})

    error = failure_of(installing(stack, timeout_minutes=5, on_timeout="remove"))

    (saved,) = (tmp_path / "diagnostics").iterdir()
    assert str(saved) in str(error)
    assert 3 <= saved.read_text().count("booting from")
    assert (1, 0, 0) == cloud.everything()


@pytest.mark.usefixtures("often_read")
@pytest.mark.parametrize(("reboots", "allowed"), [(0, None), (1, None), (3, 3)])
def test_an_installer_that_reboots_and_then_powers_off_is_waited_for(
    stack: Stack, lab: RunningLab, cloud: CloudView, warnings: list[str], reboots: int, allowed: int | None
) -> None:
    lab.change_settings(guest={"reboots": reboots, "install_s": 1})

    installing(stack, timeout_minutes=5, allowed_restarts=allowed).up()

    assert (2, 0, 0) == cloud.everything()
    assert bool(reboots) == bool([message for message in warnings if "started its installer again" in message]), (
        warnings
    )


@pytest.mark.usefixtures("often_read")
def test_a_cloud_that_shows_no_console_is_asked_once(stack: Stack, lab: RunningLab, cloud: CloudView) -> None:
    lab.fault("status", operation="show_server_console_output", status=403, code="Ecs.0013")
    lab.change_settings(guest={"install_s": 1})

    installing(stack, timeout_minutes=5).up()

    assert 1 == lab.operations().count("show_server_console_output")
    assert (2, 0, 0) == cloud.everything()


def test_the_console_is_read_seldom() -> None:
    def reads(minutes: float, expected_s: float | None) -> int:
        asked: list[str] = []

        def response(server_id: str, _lines: int) -> str:
            asked.append(server_id)
            return "one start of an installer\n"

        cloud: Any = SimpleNamespace(ecs=SimpleNamespace(get_console_output=response))
        server: Any = SimpleNamespace(id="id", name="name")
        watch = console_watch.ConsoleWatch(cloud, server, 1, expected_s)
        assert [0] == list({watch.excess_starts(waited_s) for waited_s in range(0, int(minutes * 60), 5)})
        return len(asked)

    assert [0, 2, 3] == [reads(minutes, None) for minutes in (1.5, 10, 20)]
    assert [0, 1] == [reads(20, expected_s) for expected_s in (1140.0, 1000.0)]


@pytest.mark.recovery("the installation does not end in time")
def test_a_raised_timeout_continues_the_wait(stack: Stack, lab: RunningLab, cloud: CloudView) -> None:
    lab.change_settings(guest={"install_s": 4})
    failure_of(installing(stack))

    installing(stack, timeout_minutes=5).up()

    assert "replace server" not in stack.done
    assert (2, 0, 0) == cloud.everything()


def test_a_cancelled_wait_ends_at_once_and_the_server_is_kept(
    stack: Stack, lab: RunningLab, cloud: CloudView, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.change_settings(guest=ENDLESS)
    stopped: list[str] = []

    def build() -> None:
        try:
            installing(stack, timeout_minutes=5).up()
        except Cancelled as error:
            stopped.append(str(error))

    thread = threading.Thread(target=build)
    thread.start()
    try:
        wait_for(cloud.servers, "the server")
        wait_for(lambda: "installation" not in stack.state and "server" in stack.state, "the server's record")
        read = lab.operations().count("show_server")
        wait_for(lambda: lab.operations().count("show_server") >= read + 2, "the wait for the installation")
    finally:
        process.cancelled.set()
        thread.join(5)
        process.cancelled.clear()

    assert not thread.is_alive()
    assert "is kept and continues to install" in stopped[0]
    assert 1 == len(cloud.servers())
