"""
Run of one stack on the machine that received it, by the Pulumi CLI of the clone.

The executor calls these functions on a worker. They raise nothing, because it logs a task that raises, with all its
arguments.
"""

import json
import os
import signal
import socket
import subprocess
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from commands.environment import pulumi_environment
from commands.fleet import backend, version, workspace
from commands.fleet.result import Result, Run, Status
from commands.pulumi_command import LockingCommand, ask
from commands.stack import arguments_of
from commands.state import locks, state_files
from toolchain.steps import SetupError

PLAIN = ("--non-interactive", "--color", "never")
LONGEST_DETAIL = 2000  # characters
LINES_OF_AN_END = 8
# An interrupt between two steps fails none of them, so no message of a step contains the remedy.
HINT_AFTER_INTERRUPT = "everything created so far is kept: run the same command of the fleet again to continue"

_lock = threading.Lock()
_interrupted: set[str] = set()
_running: dict[str, list[subprocess.Popen[bytes]]] = {}


def run_stack(run: Run) -> Result:
    """Run a command on a stack and return the result."""
    began = time.monotonic()
    try:
        result = _refused(run) or _run(run)
    except SetupError as error:
        result = _result(run, "failed", detail=str(error))
    except Exception as error:
        result = _result(run, "failed", detail=f"{type(error).__name__}: {error}")
    return replace(result, seconds=0.0 if run.command == "status" else round(time.monotonic() - began, 1))


def problems_of_machine(asked_version: str, asked_backend: str) -> tuple[str, list[str]]:
    """Return the name of this machine, and the reasons why a fleet cannot use it."""
    found = backend.problems(os.environ)
    if version.digest() != asked_version:
        found.append("it has another version of the project; check out the same commit and start it again")
    if not found and backend.backend_digest(os.environ) != asked_backend:
        found.append(f"{backend.URL} differs from that of the machine that started the fleet")
    return socket.gethostname(), found


def interrupt(fleet_run: str) -> int:
    """Interrupt all runs of a fleet on this machine, prevent further ones, and return the number of runs."""
    with _lock:
        _interrupted.add(fleet_run)
        children = [child for child in _running.get(fleet_run, []) if child.poll() is None]
        for child in children:
            child.send_signal(signal.SIGINT)
    return len(children)


def _refused(run: Run) -> Result | None:
    """Return a result if this machine cannot be used, because it joined the cluster after the check."""
    problems = problems_of_machine(run.version, run.backend)[1] if run.backend else []
    return _result(run, "refused", detail="\n".join(problems)) if problems else None


def _run(run: Run) -> Result:
    folder = workspace.prepare(run.stack, run.configuration)
    environment = pulumi_environment(run.stack, os.environ)
    if run.command == "status":
        return _state(run, folder, environment)
    state_files.require_sound(run.stack, environment, folder)
    log = folder / f"{run.command}-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}.log"
    code, text = _attempt(run, folder, environment, log)
    kept: list[locks.Lock] = []
    if code and locks.holders(text):
        kept = locks.release_abandoned(run.stack, environment, folder)
        if not kept:
            code, text = _attempt(run, folder, environment, log)
    result = _finished(run, code, text, log, kept)
    if run.command == "up" and code == 0:
        return replace(result, image=_state(run, folder, environment).image)
    return result


def _attempt(run: Run, folder: Path, environment: dict[str, str], log: Path) -> tuple[int | None, str]:
    """Create the stack if it does not exist, which takes its lock as well, and run the command."""
    if run.command != "destroy":
        made = ask(environment, "stack", "select", "--create", run.stack, *PLAIN, folder=folder)
        if made.returncode:
            log.write_text(made.stderr)
            return made.returncode, made.stderr
    return _logged(run, folder, environment, log)


def _logged(run: Run, folder: Path, environment: dict[str, str], log: Path) -> tuple[int | None, str]:
    """Run the command with a log; its exit status is None if it must not start any more."""
    # With a file and a session of its own, a run outlives a worker that is killed, and Pulumi ends it properly.
    with log.open("ab") as output:
        before = output.tell()
        with _lock:
            if run.fleet_run in _interrupted:
                return None, ""
            command = LockingCommand(
                [*arguments_of(run.command, run.stack), *PLAIN],
                locks.lock_folder(run.stack, environment, folder),
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            _running.setdefault(run.fleet_run, []).append(command.process)
        code = command.wait()
    with _lock:
        _running[run.fleet_run].remove(command.process)
    return code, log.read_bytes()[before:].decode(errors="replace")


def _finished(run: Run, code: int | None, text: str, log: Path, kept: list[locks.Lock]) -> Result:
    if code is None:
        return _result(run, "not run")
    if code == 0 or (run.command == "destroy" and "no stack named" in text):
        return _result(run, "succeeded", log=str(log))
    if kept:
        return _result(run, "locked", detail="\n".join(locks.described(run.stack, kept)), log=str(log))
    if run.fleet_run in _interrupted:
        return _result(run, "interrupted", detail=f"{end_of(text)}\n{HINT_AFTER_INTERRUPT}", log=str(log))
    return _result(run, "failed", detail=end_of(text), log=str(log))


def end_of(text: str) -> str:
    """Return the part of a log on a failure: the diagnostics of Pulumi, otherwise the last lines."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    begins = [index for index, line in enumerate(lines) if line == "Diagnostics:"]
    if not begins:
        return "\n".join(lines[-LINES_OF_AN_END:])[-LONGEST_DETAIL:]
    diagnostics = lines[begins[-1] + 1 :]
    ends = next((index for index, line in enumerate(diagnostics) if not line.startswith(" ")), len(diagnostics))
    return "\n".join(line.strip() for line in diagnostics[:ends])[:LONGEST_DETAIL]


def _result(run: Run, status: Status, image: str = "", detail: str = "", log: str = "") -> Result:
    return Result(run.stack, status, image=image, machine=socket.gethostname(), detail=detail.strip(), log=log)


def _state(run: Run, folder: Path, environment: dict[str, str]) -> Result:
    """Return the state of a stack in the backend."""
    answer = ask(environment, "stack", "export", "--stack", run.stack, *PLAIN, folder=folder)
    if answer.returncode:
        absent = "no stack named" in answer.stderr
        return _result(run, "absent") if absent else _result(run, "failed", detail=answer.stderr)
    deployment = json.loads(answer.stdout).get("deployment") or {}
    resources = deployment.get("resources") or []
    image = _image(resources)
    if image and not deployment.get("pending_operations"):
        return _result(run, "built", image=image)
    only_stack = all(resource["type"] == "pulumi:pulumi:Stack" for resource in resources)
    return _result(run, "empty" if only_stack else "unfinished", image=image)


def _image(resources: list[dict[str, Any]]) -> str:
    for resource in resources:
        if resource["type"] == "pulumi:pulumi:Stack":
            images = (resource.get("outputs") or {}).get("images") or {}
            return next((str(image) for image in images.values() if image), "")
    return ""
