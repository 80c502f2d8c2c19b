"""Lab in a process of its own, started for tests and controlled by them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab import daemon
from lab.client_environment import environment, without_proxy
from lab.control_client import Control
from lab.start_options import DriverName, Options


class StartedLab:
    """
    Running lab.

    Attributes:
        state: State folder of the lab.
        environment: Variables that a client of the cloud reads: endpoints, region, project, credentials.
    """

    def __init__(self, state: Path, environment: dict[str, str], control: Control) -> None:
        self.state, self.environment, self._control = state, environment, control

    def endpoint(self, service: str) -> str:
        """Return the address of a service: iam, ims, ecs, evs, vpc or obs."""
        return self.environment[f"HW_{service.upper()}_ENDPOINT"]

    def put(self, path: Path, target: str) -> None:
        """Store a file of this machine in the object store; ``target`` is BUCKET/KEY."""
        bucket, _, key = target.partition("/")
        self._control.call("POST", "/objects", {"path": str(path.resolve()), "bucket": bucket, "key": key})

    def journal(self, since: int = 0) -> list[dict[str, Any]]:
        """Return the requests that the lab has processed, oldest first; ``since`` is the number of the last known."""
        entries: list[dict[str, Any]] = self._control.call("GET", f"/journal?since={since}")
        return entries

    def fault(self, kind: str, **rule: Any) -> str:
        """Inject a fault into requests, for example ``fault("status", service="ims", status=503)``; return its id."""
        return str(self._control.call("POST", "/faults", {"kind": kind, **rule})["id"])

    def job_fault(self, kind: str, step: str, code: str, **rule: Any) -> None:
        """Let the next job of a kind fail at a step."""
        self._control.call("POST", "/job-faults", {"kind": kind, "step": step, "code": code, **rule})

    def choose(self, **variants: str) -> None:
        """Choose variants of undocumented behaviour by name; the others get their defaults."""
        self._control.call("PUT", "/variants", variants)

    def change_settings(self, **changes: Any) -> None:
        """Change settings, nested: ``change_settings(durations={"create_server": 5})``."""
        self._control.call("PUT", "/settings", changes)

    def restore(self) -> None:
        """Remove all faults and restore the default settings; resources stay."""
        for path in ("/faults", "/job-faults", "/settings"):
            self._control.call("DELETE", path)


@contextmanager
def started_lab(state: Path, driver: DriverName = "simulated", time_scale: float = 1000.0) -> Iterator[StartedLab]:
    """
    Yield a lab that is stopped at the end of the block, and whose state is deleted then.

    Args:
        state: Folder for its state, created if missing.
        driver: Kind of machines; `qemu` requires QEMU.
        time_scale: Lab seconds in a real second; with `qemu` use 1.

    Raises:
        LabError: The lab did not start.
    """
    about = daemon.start(Options(state, driver, time_scale, port=0))
    try:
        known = environment(state, about["endpoints"])
        yield StartedLab(state, {**known, **without_proxy({})}, Control.of(state, about))
    finally:
        daemon.stop(state)
        shutil.rmtree(state, ignore_errors=True)
