"""A lab in a process of its own, for tests over the network."""

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from lab.daemon import is_running, last_start, running
from tests import warm

ROOT = Path(__file__).resolve().parent.parent
T = TypeVar("T")


class RunningLab:
    """
    Lab that was started from its command line, in a state folder of the test's.

    ``settings`` are those of the control interface, nested: ``durations={"create_server": 5}``.
    """

    def __init__(self, state: Path, env: dict[str, str]) -> None:
        self.state, self.env = state, env
        self.control = env["HW_LAB_ENDPOINT"]

    @property
    def authorization(self) -> dict[str, str]:
        """Return the header that the control interface requires."""
        return {"Authorization": f"Bearer {self.env['HW_LAB_TOKEN']}"}

    @classmethod
    def start(
        cls,
        state: Path,
        driver: str = "simulated",
        time_scale: float = 600.0,
        region: str = "lab-1",
        *,
        hosts: Sequence[str] = (),
        **settings: Any,
    ) -> "RunningLab":
        """Start a lab on free ports, which accepts requests to further host names, and wait until it responds."""
        small = ("--set", "hardware.ram_limit_mib=1024")  # several labs' guests run at once
        options = ("--driver", driver, "--time-scale", str(time_scale), "--port", "0", "--region", region, *small)
        allowed = [word for host in hosts for word in ("--allow-host", host)]
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        _start(state, *options, *allowed)
        lab = cls(state, read_exports(run_lab(state, "env")))
        if settings:
            lab.change_settings(**settings)
        return lab

    @classmethod
    @contextmanager
    def holding(cls, folder: Path, files: Mapping[str, bytes], **options: Any) -> "Iterator[RunningLab]":
        """Yield a lab in a folder, with files in its bucket for ISO files, until the end of the block."""
        running = cls.start(folder / "state", **options)
        try:
            for name, content in files.items():
                (folder / name).write_bytes(content)
                running.put(folder / name, f"lab-images/{name}")
            yield running
        finally:
            running.stop()

    def restart(self, *, crash: bool = False, driver: str = "simulated", time_scale: float = 600.0) -> None:
        """Stop the lab, or kill its process, and start it again on the same ports and state."""
        if crash:
            os.kill(self.pid, signal.SIGKILL)
            wait_for(lambda: not is_running(self.state), "the end of the lab")
        else:
            self.stop()
        _start(self.state, "--driver", driver, "--time-scale", str(time_scale))

    @property
    def pid(self) -> int:
        """Return the process id of the lab."""
        return int(json.loads((self.state / "lab.json").read_text())["pid"])

    def stop(self) -> None:
        run_lab(self.state, "stop")

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Send one request to the control interface."""
        request = urllib.request.Request(
            self.control + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **self.authorization},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            text = response.read()
        return json.loads(text) if text else None

    def journal(self, since: int = 0, service: str | None = None) -> list[dict[str, Any]]:
        """Return the requests that the lab has processed, oldest first."""
        entries: list[dict[str, Any]] = self.call("GET", f"/journal?since={since}")
        return [e for e in entries if service in (None, e["service"])]

    def clear_journal(self) -> None:
        self.call("DELETE", "/journal")

    def operations(self, since: int = 0) -> list[str]:
        """Return the names of the called operations, in order."""
        return [entry["operation"] for entry in self.journal(since)]

    def settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = self.call("GET", "/settings")
        return settings

    def change_settings(self, **changes: Any) -> None:
        self.call("PUT", "/settings", changes)

    def choose(self, **variants: str) -> None:
        """Choose variants by name; the others get their defaults."""
        self.call("PUT", "/variants", variants)

    def fault(self, kind: str, **rule: Any) -> str:
        """Add a fault, e.g. ``fault("reset", service="ecs", method="POST", path="/cloudservers$", nth=1)``."""
        return str(self.call("POST", "/faults", {"kind": kind, **rule})["id"])

    def hold(self, phase: str = "before", **rule: Any) -> str:
        """Hold the first matching request until :meth:`let_go`, before or after its work is done."""
        return self.fault("hold", phase=phase, **{"nth": 1, **rule})

    def held(self) -> list[dict[str, Any]]:
        """Return the requests that are held."""
        held: list[dict[str, Any]] = self.call("GET", "/holds")
        return held

    def let_go(self) -> None:
        """Release all held requests."""
        self.call("DELETE", "/holds")

    def job_fault(self, kind: str, step: str, code: str, **rule: Any) -> None:
        """Let the next job of a kind fail at a step."""
        self.call("POST", "/job-faults", {"kind": kind, "step": step, "code": code, **rule})

    def restore(self) -> None:
        """Remove all faults, and restore the default settings."""
        self.call("DELETE", "/faults")
        self.call("DELETE", "/job-faults")
        self.call("DELETE", "/settings")

    def wait_for_jobs(self, timeout_s: float = 30.0) -> None:
        """Wait until no job runs."""
        wait_for(lambda: self.call("GET", "/health")["unfinished_jobs"] == 0, "the end of all jobs", timeout_s)

    def console(self, server_id: str) -> list[str]:
        """Return the lines of a server's serial console."""
        request = urllib.request.Request(f"{self.control}/console/{server_id}", headers=self.authorization)
        with urllib.request.urlopen(request, timeout=60) as response:
            return str(response.read().decode()).strip().splitlines()

    def put(self, file: Path, target: str) -> None:
        """Put a file into the object store as BUCKET/KEY."""
        run_lab(self.state, "put", str(file), target)


def _start(state: Path, *options: str) -> None:
    """Start the process of a lab, and wait until it responds."""
    before = (last_start(state) or {}).get("pid")

    def has_started() -> bool:
        about = running(state)
        return about is not None and about["pid"] != before

    command = [warm.python(), "-m", "lab", "start", "--foreground", "--state", str(state), *options]
    with (state / "lab.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    Thread(target=process.wait, daemon=True).start()
    wait_for(lambda: has_started() or process.returncode, "the start of the lab", 60)
    assert process.returncode is None, (state / "lab.log").read_text()


def run_lab(state: Path, command: str, *arguments: str) -> str:
    """Run one command of the lab and return what it printed."""
    done = subprocess.run(
        [warm.python(), "-m", "lab", command, *arguments, "--state", str(state)],
        cwd=ROOT,
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr or done.stdout
    return done.stdout


def read_exports(text: str) -> dict[str, str]:
    """Return the variables in the lines that `lab env` prints."""
    pairs = (line.removeprefix("export ").partition("=") for line in text.splitlines())
    return {name: value.strip("'") for name, _, value in pairs}


def wait_for(find: Callable[[], T | None], what: str, timeout_s: float = 30.0) -> T:
    """Wait until ``find`` returns something that is not None or false."""
    deadline, interval_s = time.monotonic() + timeout_s, 0.02
    while time.monotonic() < deadline:
        found = find()
        if found:
            return found
        time.sleep(interval_s)
        interval_s = min(interval_s * 1.3, 0.25)
    raise AssertionError(f"{what} did not happen within {timeout_s:.0f} s")


def inherited_variables() -> dict[str, str]:
    """Return the variables that a process with an environment of its own inherits, including those of the coverage."""
    names = ("PATH", "HOME", "LANG", "TMPDIR", "COVERAGE_PROCESS_CONFIG")
    return {name: os.environ[name] for name in names if name in os.environ}


def set_environment(monkeypatch: Any, env: Mapping[str, str]) -> None:
    """Set a lab's variables for the code under test."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)
