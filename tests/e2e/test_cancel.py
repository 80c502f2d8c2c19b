"""Ctrl-C once, twice, and a command that is killed: what is kept, what is said, and how it goes on."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator

import psutil
import pytest

from tests.e2e.crash.bench import Bench, end_of, interrupt, provider_of
from tests.e2e.crash.judging import deployment, faults_after_destroy, faults_after_up, servers_created
from tests.e2e.project import STACK, build_settings
from tests.labs import wait_for
from tests.processes import descendants, has_ended, kill

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("cancel")]

AT_ONCE_S = 15.0


@pytest.fixture(scope="module")
def module_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("cancel"))
    yield made
    made.close()


@pytest.fixture
def bench(module_bench: Bench) -> Iterator[Bench]:
    """Return an empty bench whose guests never end their installation by themselves."""
    module_bench.clean()
    module_bench.lab.change_settings(guest={"powers_off": False, "installs_on": "data_disk"})
    yield module_bench
    module_bench.lab.change_settings(guest={"powers_off": True})


def installing(bench: Bench) -> subprocess.Popen[str]:
    """Run a command until it waits for an installation."""
    command = bench.project.start("up", "--yes", "--stack", STACK, "--skip-preview")
    wait_for(lambda: server_is_recorded(bench), "the server", 60)
    seen = looks_at_server(bench)
    wait_for(lambda: looks_at_server(bench) >= seen + 2, "the wait for the installation", 60)
    return command


def server_is_recorded(bench: Bench) -> bool:
    return any(r["type"].endswith(":TempServer") for r in deployment(bench).get("resources") or [])


def looks_at_server(bench: Bench) -> int:
    return bench.lab.operations().count("show_server")


@pytest.mark.recovery("Ctrl-C once")
def test_a_first_interrupt_ends_every_wait_at_once(bench: Bench) -> None:
    command = installing(bench)

    began = time.monotonic()
    interrupt(command)
    outcome = end_of(command)

    assert time.monotonic() - began < AT_ONCE_S
    assert outcome.status != 0
    for told in ("is kept and continues to install", "run `pulumi up` to continue", "`pulumi destroy` to delete it"):
        assert told in outcome.output, outcome
    assert "Traceback" not in outcome.output
    assert [] == (deployment(bench).get("pending_operations") or [])
    assert 1 == len(bench.cloud.servers())

    assert 0 == bench.run("destroy").status
    assert [] == faults_after_destroy(bench)


@pytest.mark.recovery("Ctrl-C once")
def test_an_interrupted_build_goes_on_with_the_same_server(bench: Bench) -> None:
    command = installing(bench)
    interrupt(command)
    end_of(command)

    (server,) = bench.cloud.servers()
    bench.cloud.stop_server(server["id"])
    bench.project.configure(**bench.settings, builds=[build_settings(bench.lab.env, min_image_size=0.1)])
    outcome = bench.run("up")

    assert outcome.status == 0, outcome
    assert [] == faults_after_up(bench)
    assert {server["id"]} == servers_created(bench.lab)


def test_an_interrupted_test_of_an_image_goes_on_with_the_same_server(bench: Bench) -> None:
    bench.lab.change_settings(guest={"powers_off": True})
    never = build_settings(bench.lab.env, verify={"until": "never shown"})
    bench.project.configure(**bench.settings, builds=[never])
    command = bench.project.start("up", "--yes", "--stack", STACK, "--skip-preview")
    wait_for(lambda: bench.project.pending("ImageVerification"), "the test", 90)
    wait_for(lambda: bench.lab.operations().count("show_server_console_output"), "a look at the console", 60)

    began = time.monotonic()
    interrupt(command)
    outcome = end_of(command)

    assert time.monotonic() - began < AT_ONCE_S
    assert outcome.status != 0
    assert "-test is kept, and continues" in outcome.output, outcome
    assert "Traceback" not in outcome.output
    assert [] == (deployment(bench).get("pending_operations") or [])
    (server,) = bench.cloud.servers()
    assert server["name"].endswith("-test")
    bench.project.configure(**bench.settings, builds=[build_settings(bench.lab.env, verify={"until": "login:"})])
    assert 0 == bench.run("up").status
    assert [] == faults_after_up(bench)
    assert server["id"] in servers_created(bench.lab)
    assert 2 == len(servers_created(bench.lab))
    bench.project.configure(**bench.settings, builds=[build_settings(bench.lab.env)])


@pytest.mark.recovery('"the stack has pending operations" comes back at every run')
def test_a_second_interrupt_is_survived(bench: Bench) -> None:
    """The engine ends the provider by force: it leaves a pending operation, which `make refresh` clears."""
    bench.lab.hold("after", service="ecs", method="POST", path="/cloudservers$")
    command = bench.project.start("up", "--yes", "--stack", STACK, "--skip-preview")
    wait_for(bench.lab.held, "the request", 60)

    interrupt(command)
    time.sleep(1)  # as a person does; the engine tells nobody that it has heard
    interrupt(command)
    outcome = end_of(command)

    assert outcome.status != 0
    assert 1 == len(deployment(bench)["pending_operations"])
    cured(bench)


@pytest.mark.recovery("Ctrl-C twice, `kill -9`, a machine that went away")
def test_a_killed_command_is_survived(bench: Bench) -> None:
    """It leaves a lock and a pending operation: `make refresh` releases the one and clears the other."""
    command = installing(bench)
    provider, started = provider_of(command), descendants(psutil.Process(command.pid))
    try:
        os.kill(command.pid, signal.SIGKILL)
        command.wait(10)

        refused = bench.run("up")
        assert refused.status != 0
        assert "locked" in refused.output
        wait_for(lambda: has_ended(provider), "the end of the provider", 30)
    finally:
        kill(started)
        end_of(command)
    assert bench.recover() is not None
    assert [] == (deployment(bench).get("pending_operations") or [])
    assert 0 == bench.run("destroy").status
    assert [] == faults_after_destroy(bench)


def cured(bench: Bench) -> None:
    """Assert that the documented remedy leaves nothing pending, and that the next command has nothing to warn of."""
    outcome = bench.project.refresh("--clear-pending-creates")
    assert outcome.status == 0, outcome
    assert [] == (deployment(bench).get("pending_operations") or [])
    outcome = bench.run("destroy")
    assert outcome.status == 0, outcome
    assert "pending" not in outcome.output
    assert [] == faults_after_destroy(bench)
