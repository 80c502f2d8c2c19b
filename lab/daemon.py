"""Start, discovery and stop of a lab's process."""

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from lab.commands.command_name import COMMAND
from lab.drivers.interface import DriverError
from lab.files.private_files import LOCK_FILE, NotPrivate, make_private_folder, private_umask
from lab.journal.error_log import log_loop_errors, write_log
from lab.machines.terminal_text import printable
from lab.start_options import Options
from lab.supervision import BackgroundFailed

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 60.0


class LabError(Exception):
    """Failure of a command, with the reason and the remedy in its message."""


@contextlib.contextmanager
def only_one(state: Path) -> Iterator[None]:
    """Lock the state folder, so that a second lab in it is refused."""
    with private_umask():
        state.mkdir(parents=True, exist_ok=True)
    with (state / LOCK_FILE).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise LabError(f"a lab is already running in {state}; stop it first: {COMMAND} stop") from None
        yield


def is_running(state: Path) -> bool:
    """Return True if a lab holds the state folder."""
    if not (state / LOCK_FILE).exists():
        return False
    try:
        with only_one(state):
            return False
    except LabError:
        return True


def running(state: Path) -> dict[str, Any] | None:
    """Return the description that the running lab wrote, None if no lab is running."""
    return last_start(state) if is_running(state) else None


def last_start(state: Path) -> dict[str, Any] | None:
    """
    Return the description that the last lab in the folder wrote, None if there was none.

    Raises:
        LabError: The file is damaged.
    """
    path = state / "lab.json"
    try:
        about = json.loads(path.read_text())
        complete = isinstance(about["pid"], int) and about["pid"] > 1 and "control" in about["endpoints"]
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        complete = False
    if not complete:
        raise LabError(
            f"{path} is damaged; end the lab if it runs (the process that holds {state / LOCK_FILE}), remove the file,"
            " and start the lab again with its driver and region"
        )
    found: dict[str, Any] = about
    return found


def run_in_foreground(options: Options) -> None:
    """Run a lab until SIGTERM or SIGINT."""
    write_log()
    with only_one(options.state), private_umask():
        try:
            asyncio.run(_serve(options))
        except (OSError, ValueError, NotPrivate, BackgroundFailed, DriverError) as error:
            raise LabError(str(error)) from error
        except Exception:
            logging.exception("the lab has ended")  # the command line refers its user to this log
            raise


_children: list["subprocess.Popen[bytes]"] = []
"""Labs that this process has started: kept, because an object that is deleted while its process runs is an error."""


async def _serve(options: Options) -> None:
    from lab.app import Lab  # imported late: it takes a second, and most commands do not need it

    stop = asyncio.Event()
    asyncio.get_running_loop().set_exception_handler(log_loop_errors)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    while True:
        lab = Lab(options)
        await lab.run(stop)
        if stop.is_set() or not lab.must_reset.is_set():
            return
        erase(options.state)
        options = replace(options, time_scale=lab.clock.scale, changes=())


def erase(state: Path) -> None:
    """Delete everything in the state folder of a lab that does not run, but its keys and its description."""
    for name in ("compute", "objects"):
        shutil.rmtree(state / name, ignore_errors=True)
    for path in state.glob("lab.sqlite*"):
        path.unlink()


def start(options: Options) -> dict[str, Any]:
    """
    Start a lab in the background and wait until it responds.

    Returns:
        Description that the lab wrote: pid, ports, endpoints.

    Raises:
        LabError: The lab is running already, or did not start.
    """
    if is_running(options.state):
        raise LabError(f"a lab is already running in {options.state}; stop it first: {COMMAND} stop")
    try:
        make_private_folder(options.state)
    except NotPrivate as error:
        raise LabError(str(error)) from None
    log_path = options.state / "lab.log"
    with private_umask(), log_path.open("ab") as log:
        begin = log.tell()
        process = subprocess.Popen(
            _command(options), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            env={**os.environ, "PYTHONPATH": _with_own_folder(os.environ.get("PYTHONPATH"))},
        )  # fmt: skip
    _children.append(process)
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise LabError(_why(log_path, begin))
        about = running(options.state)
        if about is not None and about["pid"] == process.pid:
            return about
        time.sleep(0.05)
    process.terminate()
    raise LabError(f"the lab did not start within {START_TIMEOUT_S:.0f} s; see {log_path}")


def _command(options: Options) -> list[str]:
    command = [sys.executable, "-m", "lab", "start", "--foreground", "--state", str(options.state)]
    command += ["--driver", options.driver, "--time-scale", str(options.time_scale)]
    command += ["--region", options.region]
    for change in options.changes:
        command += ["--set", change]
    for host in options.hosts:
        command += ["--allow-host", host]
    for host in options.obs_hosts:
        command += ["--obs-host", host]
    return command if options.port is None else [*command, "--port", str(options.port)]


def _with_own_folder(python_path: str | None) -> str:
    own = str(Path(__file__).resolve().parent.parent)
    return f"{own}{os.pathsep}{python_path}" if python_path else own


def _why(log_path: Path, begin: int) -> str:
    text = log_path.read_bytes()[begin:].decode(errors="replace").strip().splitlines()
    last = text[-1].removeprefix("error: ") if text else "no message"
    return f"the lab did not start: {printable(last)} (see {log_path})"


def stop(state: Path) -> bool:
    """
    Stop the lab, if one is running, and power its machines off.

    Returns:
        False if no lab was running.
    """
    about = running(state)
    if about is None:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(about["pid"]), signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while is_running(state):
        if time.monotonic() > deadline:
            raise LabError(f"the lab (pid {about['pid']}) did not stop within {STOP_TIMEOUT_S:.0f} s")
        time.sleep(0.05)
    _forget_ended_children(int(about["pid"]))
    return True


def _forget_ended_children(pid: int) -> None:
    """Wait for the end of a lab that this process has started; the lab has released its lock already."""
    for process in [child for child in _children if child.pid == pid]:
        process.wait()
        _children.remove(process)
