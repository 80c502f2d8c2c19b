"""Lab on this machine for the stack `lab`: its processes, and the installer ISO in its object store."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

from commands.environment import lab_settings
from commands.iso.placeholder_iso import placeholder
from toolchain.paths import INSTALLER_ISO, LAB_STATE, PYTHON, ROOT, STATE
from toolchain.steps import SetupError, locked

END_TIMEOUT_S = 30
SOURCES_OF_ISO = ROOT / "iso"
BUILT_FROM = INSTALLER_ISO.with_suffix(".sources")
PLACEHOLDER_ISO = INSTALLER_ISO.with_name("placeholder.iso")
SIMULATED_TIME_SCALE = "60"  # shortens the minutes of a simulated installation


def start() -> dict[str, str]:
    """
    Start the lab unless it is running: with virtual machines, or with simulated servers if QEMU is missing.

    Returns:
        Output of `lab env`, for the environment of a client.
    """
    settings = lab_settings()
    if settings:
        return settings
    with locked(STATE / "lab-start.lock", "waiting for another command of this clone that starts the lab"):
        return lab_settings() or _started()


def _started() -> dict[str, str]:
    if driver() == "simulated":
        say("the servers are simulated: no operating system is installed, and the image cannot be booted")
    refusal = _start()
    # Usually the lab of another clone occupies the default ports. Any free ports will do.
    if refusal and _start("--port", "0"):
        raise SetupError(f"the lab cannot be started: {refusal}")
    say("running on this machine until `make down` or `make lab-stop`")
    return lab_settings()


def _start(*more: str) -> str:
    """Start the lab and return the reason why it could not be started; "" if it was."""
    pace = ("--time-scale", SIMULATED_TIME_SCALE) if driver() == "simulated" else ()
    command = [str(PYTHON), "-m", "lab", "start", "--driver", driver(), *pace, *more]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return answer.stderr.strip() if answer.returncode else ""


def stop() -> int:
    """Stop the lab with all virtual machines, wait for the end of its processes, and return the exit status."""
    processes = [process for process in psutil.process_iter(["cmdline"]) if _belongs_to_lab(process)]
    status = subprocess.run([str(PYTHON), "-m", "lab", "stop"], cwd=ROOT).returncode
    psutil.wait_procs(processes, timeout=END_TIMEOUT_S)
    return status


def _belongs_to_lab(process: psutil.Process) -> bool:
    """Return True if the command line of a process contains the state folder of this clone's lab."""
    return str(LAB_STATE) in " ".join(process.info["cmdline"] or ())


def driver() -> str:
    """Return the compute driver: DRIVER of the environment, `qemu` if it is installed, otherwise `simulated`."""
    has_qemu = all(shutil.which(name) for name in ("qemu-system-x86_64", "qemu-img"))
    return os.environ.get("DRIVER") or ("qemu" if has_qemu else "simulated")


def stored(bucket: str, key: str) -> dict[str, Any] | None:
    """
    Return size and ETag of an object in the lab's object store, or None if it does not exist.

    Raises:
        SetupError: The lab does not respond.
    """
    command = [str(PYTHON), "-m", "lab", "head", f"{bucket}/{key}"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    try:
        if answer.returncode == 0:
            found: dict[str, Any] | None = json.loads(answer.stdout)
            return found
    except ValueError:
        pass
    raise SetupError(f"cannot read the lab's object store: {(answer.stderr or answer.stdout).strip()}")


def installer_iso() -> Path:
    """
    Return the project's installer, which is built again only if its sources have changed.

    Newer packages are not a change; `make iso` builds with the newest packages.
    """
    sources = _digest(SOURCES_OF_ISO)
    if INSTALLER_ISO.exists() and BUILT_FROM.exists() and BUILT_FROM.read_text() == sources:
        return INSTALLER_ISO
    if driver() == "simulated" and not shutil.which("xorriso"):
        return _placeholder()
    build_iso()
    return INSTALLER_ISO


def build_iso() -> None:
    """Build the project's installer and record its sources."""
    module("iso", "build", "--output", str(INSTALLER_ISO), stdout=subprocess.DEVNULL)
    BUILT_FROM.write_text(_digest(SOURCES_OF_ISO))


def _placeholder() -> Path:
    """Return an ISO file for simulated servers, which do not boot it."""
    say("the tools that build an ISO file are missing as well: an empty one is used instead")
    content = placeholder()
    if not PLACEHOLDER_ISO.exists() or PLACEHOLDER_ISO.read_bytes() != content:
        PLACEHOLDER_ISO.write_bytes(content)
    return PLACEHOLDER_ISO


def module(name: str, *arguments: str, stdout: int | None = None) -> None:
    """Run `python -m name` of this project, which reports its progress and failures by itself."""
    status = subprocess.run([str(PYTHON), "-m", name, *arguments], cwd=ROOT, stdout=stdout).returncode
    if status:
        raise SetupError(f"`python -m {name} {arguments[0]}` ended with exit status {status}")


def say(text: str) -> None:
    """Print a message of the lab on standard error."""
    print(f"lab: {text}", file=sys.stderr, flush=True)


def _digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return digest.hexdigest()
