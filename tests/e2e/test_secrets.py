"""No password, token or secret key in state, plan, output, debug log, event log, or the arguments of a process."""

import json
import threading
from pathlib import Path

import psutil
import pytest

from tests.e2e.project import Project, build_settings

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("secrets")]


def arguments_of_processes(stop: threading.Event, seen: set[str]) -> None:
    while not stop.wait(0.05):
        for process in psutil.process_iter(["cmdline"]):
            seen.update(process.info["cmdline"] or ())


@pytest.mark.parametrize("sign_in", ["password", "access key"])
def test_secrets_stay_out(lab, tmp_path, sign_in):
    left_out = ("HW_ACCESS_KEY", "HW_SECRET_KEY") if sign_in == "password" else ("HW_USER_NAME", "HW_USER_PASSWORD")
    kept = {key: value for key, value in lab.env.items() if key not in left_out}
    project = Project(tmp_path / "p", {**kept, "PULUMI_DEBUG_COMMANDS": "1", "PULUMI_EXPERIMENTAL": "1"})
    project.configure(region=lab.env["HW_REGION_NAME"], builds=[build_settings(lab.env)])
    seen: set[str] = set()
    stop = threading.Event()
    watcher = threading.Thread(target=arguments_of_processes, args=(stop, seen))
    watcher.start()
    events, plan = tmp_path / "p" / "events", tmp_path / "p" / "plan"
    try:
        planned = project.preview("--save-plan", str(plan))
        lab.fault("status", operation="delete_servers", times=1, status=403, code="Pdp.0001")
        failed = project.up("--event-log", str(events), "-v=9", "--logtostderr", "--debug")
    finally:
        stop.set()
        watcher.join()

    assert planned.status == 0, planned
    assert failed.status != 0, failed.output[-4000:]
    assert all(file.stat().st_size for file in (events, plan))
    places = {
        "output and debug log": planned.output + failed.output,
        "state": json.dumps(project.state()),
        "arguments": "\n".join(seen),
        "files": "\n".join(readable(file) for file in (tmp_path / "p").rglob("*") if file.is_file()),
    }
    secrets = {lab.env["HW_USER_PASSWORD"], lab.env["HW_SECRET_KEY"]}
    assert [] == [(place, secret[:4]) for place, text in places.items() for secret in secrets if secret in text]
    assert 0 == project.destroy().status


def readable(file: Path) -> str:
    return "" if ".venv" in file.parts else file.read_text(errors="replace")
