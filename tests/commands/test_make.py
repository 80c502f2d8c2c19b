"""Targets that run a stack, in a clone whose lab and installer only record their calls."""

import json
import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.commands.recording_clone import PROGRAM_THAT_GOES_ON, PROGRAM_WITH_A_BUILD, Clone
from tests.commands.report.parsed_page import parse
from tests.labs import wait_for
from tests.processes import command_line, descendants


@pytest.mark.e2e
def test_up_starts_the_lab_with_the_installer_and_down_stops_it(clone: Clone) -> None:
    settings = (clone.folder / "Pulumi.lab.yaml").read_text()

    first = clone.make("up", "DRIVER=simulated")
    first_calls = clone.calls()
    second = clone.make("up", "DRIVER=simulated")
    second_calls = clone.calls()
    down = clone.make("down", "DRIVER=simulated")

    assert first.returncode == 0, first.stderr
    assert 'region: "lab-1"' in first.stdout
    assert "the servers are simulated" in first.stderr
    assert [call.split()[:2] for call in first_calls] == [["lab", "start"], ["iso", "build"], ["lab", "put"]]
    assert "1 unchanged" in second.stdout
    assert second_calls == []
    assert down.returncode == 0, down.stderr
    assert "1 deleted" in down.stdout
    assert clone.calls() == ["lab stop"]
    assert not psutil.pid_exists(int((clone.folder / "pid").read_text()))
    assert (clone.folder / "Pulumi.lab.yaml").read_text() == settings


@pytest.mark.e2e
def test_up_ends_with_a_table_of_what_the_builds_took_unless_it_fails(clone: Clone) -> None:
    clone.write("__main__.py", PROGRAM_WITH_A_BUILD)

    up = clone.make("up", "DRIVER=simulated")
    shown = clone.make("-s", "summary", "ARGS=--json")
    report = clone.make("-s", "report")
    other = clone.make("-s", "report", "ARGS=--output other.html")
    failed = clone.make("up", "DRIVER=simulated", HW_FAILS="1")

    assert up.returncode == 0, up.stderr
    page = parse(Path(report.stdout.strip()).read_text())
    assert {"installation": 7} == page.one("tr", data_build="debian").requests()
    assert page.all("p", data_status="finished")
    assert ("other.html\n", True) == (other.stdout, (clone.folder / "other.html").exists())
    assert "golden" in up.stdout[up.stdout.index("Duration") :]
    assert ["debian", "golden", "-", "-", "5", "s", "-", "-", "5", "s", "7"] == up.stdout.splitlines()[-1].split()
    assert 7 == json.loads(shown.stdout)["builds"][0]["total_requests"]
    assert failed.returncode != 0
    assert "golden" not in failed.stdout


@pytest.mark.e2e
@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGTERM])
def test_up_that_is_interrupted_ends_as_pulumi_does_and_shows_no_table(clone: Clone, signal_: signal.Signals) -> None:
    clone.write("__main__.py", PROGRAM_WITH_A_BUILD)
    assert 0 == clone.make("up", "DRIVER=simulated").returncode
    clone.write("__main__.py", PROGRAM_THAT_GOES_ON)

    with (clone.folder / "output").open("w") as output:
        up = clone.start("up", "DRIVER=simulated", "ARGS=--skip-preview", output=output)
        wait_for((clone.folder / "goes on").exists, "the program", 60)
        started = descendants(psutil.Process(up.pid))
        (pulumi,) = [process for process in started if ["pulumi"] == names(command_line(process)[:1])]
        if signal_ is signal.SIGINT:
            os.killpg(up.pid, signal_)  # as the terminal does
        else:
            up.send_signal(signal_)
        status = up.wait(60)

    assert status != 0
    assert not pulumi.is_running()
    shown = (clone.folder / "output").read_text()
    assert "cancel" in shown
    assert "golden" not in shown


@pytest.mark.e2e
def test_two_at_once_in_a_fresh_clone_start_one_lab_and_harm_nothing(clone: Clone) -> None:
    outputs = [clone.folder / "one", clone.folder / "two"]
    with outputs[0].open("w") as one, outputs[1].open("w") as two:
        running = [clone.start("up", "DRIVER=simulated", output=output) for output in (one, two)]
        statuses = [process.wait(240) for process in running]
    texts = [output.read_text() for output in outputs]

    assert 0 in statuses, texts
    assert 1 == [call.split()[1] for call in clone.calls()].count("start")
    for status, text in zip(statuses, texts, strict=True):
        assert "Traceback" not in text
        assert status == 0 or "locked" in text, text
    assert (clone.folder / ".venv").exists()


@pytest.mark.e2e
def test_up_takes_the_users_own_iso_and_names_it(clone: Clone) -> None:
    clone.write("my own.iso", "mine")

    up = clone.make("up", "ISO=my own.iso")

    assert up.returncode == 0, up.stderr
    assert (clone.folder / "uploaded").read_text() == "mine"
    assert "the ISO file is my own.iso: " in up.stderr


@pytest.mark.e2e
def test_up_names_an_iso_that_is_not_there_before_anything_is_built(clone: Clone) -> None:
    up = clone.make("up", "ISO=nowhere.iso")

    assert up.returncode != 0
    assert f"make up: there is no file nowhere.iso in {clone.folder}, where `make` runs (ISO=...)" in up.stderr
    assert "Traceback" not in up.stderr
    assert "Updating" not in up.stdout
    assert not (clone.folder / "uploaded").exists()


@pytest.mark.e2e
def test_a_file_for_the_lab_is_not_taken_for_another_stack(clone: Clone) -> None:
    clone.write("my own.iso", "mine")

    up = clone.make("up", "ISO=my own.iso", "STACK=production")

    assert up.returncode != 0
    assert "ISO=my own.iso applies to the stack lab, not to production" in up.stderr
    assert clone.calls() == []


@pytest.mark.e2e
def test_installer_is_built_again_when_its_sources_changed(clone: Clone) -> None:
    clone.make("up")
    clone.calls()
    clone.write("iso/recipe.txt", "another root file system")

    clone.make("up")

    assert "iso build --output " + str(clone.folder / ".state" / "installer.iso") in clone.calls()


@pytest.mark.e2e
def test_another_stack_runs_without_the_lab(clone: Clone) -> None:
    up = clone.make("up", "STACK=production", HW_REGION_NAME="sa-brazil-1")
    outputs = clone.make("-s", "env", "STACK=production")

    assert up.returncode == 0, up.stderr
    assert 'region: "sa-brazil-1"' in up.stdout
    assert clone.calls() == []
    assert "HW_REGION_NAME" not in outputs.stdout


@pytest.mark.e2e
def test_preview_has_a_lab_and_an_installer_to_read_and_changes_nothing_there(clone: Clone) -> None:
    preview = clone.make("preview", "DRIVER=simulated")

    assert preview.returncode == 0, preview.stderr
    assert [call.split()[:2] for call in clone.calls()] == [["lab", "start"], ["iso", "build"]]
    assert not (clone.folder / "uploaded").exists()
    assert "until `make down` or `make lab-stop`" in preview.stderr


@pytest.mark.e2e
def test_down_of_what_was_never_up_only_stops_the_lab(clone: Clone) -> None:
    down = clone.make("down")

    assert down.returncode == 0, down.stderr
    assert clone.calls() == ["lab stop"]


@pytest.mark.e2e
def test_down_starts_the_lab_again_when_it_was_stopped(clone: Clone) -> None:
    clone.make("up", "DRIVER=simulated")
    clone.make("lab-stop")
    clone.calls()

    down = clone.make("down", "DRIVER=simulated")

    assert "1 deleted" in down.stdout
    assert clone.calls() == ["lab start --driver simulated --time-scale 60", "lab stop"]


@pytest.mark.e2e
def test_lab_takes_other_ports_when_another_clone_has_the_usual_ones(clone: Clone) -> None:
    clone.write("ports-are-taken", "")

    started = clone.make("lab-start", "DRIVER=simulated")

    assert started.returncode == 0, started.stderr
    assert clone.calls()[-1] == "lab start --driver simulated --time-scale 60 --port 0"


@pytest.mark.e2e
def test_up_reports_why_the_lab_does_not_start(clone: Clone) -> None:
    clone.write("broken", "")

    up = clone.make("up")

    assert up.returncode != 0
    assert "make up: the lab cannot be started: error: the disk is full" in up.stderr
    assert "Updating" not in up.stdout


@pytest.mark.e2e
def test_down_fails_if_it_cannot_search_for_the_stack(clone: Clone) -> None:
    down = clone.make("down", "STACK=production", PULUMI_BACKEND_URL="file:///nowhere/at/all")

    assert down.returncode != 0
    assert "make down: cannot find out if the stack production exists" in down.stderr
    assert "Traceback" not in down.stderr


@pytest.mark.e2e
def test_down_keeps_the_lab_running_when_destroying_fails(clone: Clone) -> None:
    clone.make("up")
    clone.calls()

    down = clone.make("down", "ARGS=--no-such-option")

    assert down.returncode != 0
    assert "still running" in down.stderr
    assert "lab stop" not in clone.calls()


@pytest.mark.e2e
def test_more_options_and_eval_reach_the_cli(clone: Clone) -> None:
    clone.make("up")

    preview = clone.make("preview", "ARGS=--json")
    script = 'eval "$(make -s env)" && pulumi stack output --json'
    by_hand = subprocess.run(["sh", "-c", script], cwd=clone.folder, capture_output=True, text=True)

    assert json.loads(preview.stdout)["changeSummary"] == {"same": 1}
    assert json.loads(by_hand.stdout) == {"region": "lab-1"}


def names(paths: list[str]) -> list[str]:
    """Return the last part of each path."""
    return [Path(path).name for path in paths]
