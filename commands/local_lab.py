"""The lab as ``make`` uses it: started for the stack ``lab``, with the installer ISO in its object store."""

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
SIMULATED_TIME_SCALE = "60"  # nobody waits for the minutes that a simulated installation takes


def start() -> dict[str, str]:
    """Start the lab if it does not run: with virtual machines, or with simulated servers where QEMU is missing.

    Returns:
        What `lab env` says, for the environment of a client.
    """
    settings = lab_settings()
    if settings:
        return settings
    with locked(STATE / "lab-start.lock", "waiting for another command of this clone that starts the lab"):
        return lab_settings() or _started()


def _started() -> dict[str, str]:
    if driver() == "simulated":
        say("the servers are simulated: no operating system is installed, and the image boots nowhere")
    refusal = _start()
    # The usual cause: the lab of another clone has the usual ports. Any free ones do.
    if refusal and _start("--port", "0"):
        raise SetupError(f"the lab does not start: {refusal}")
    say("it runs on this machine until `make down` or `make lab-stop`")
    return lab_settings()


def _start(*more: str) -> str:
    """Start the lab; returns why it did not start, or nothing."""
    pace = ("--time-scale", SIMULATED_TIME_SCALE) if driver() == "simulated" else ()
    command = [str(PYTHON), "-m", "lab", "start", "--driver", driver(), *pace, *more]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return answer.stderr.strip() if answer.returncode else ""


def stop() -> int:
    """Stop the lab and all its virtual machines, and see its processes end; returns the exit status."""
    processes = [process for process in psutil.process_iter(["cmdline"]) if _belongs_to_lab(process)]
    status = subprocess.run([str(PYTHON), "-m", "lab", "stop"], cwd=ROOT).returncode
    psutil.wait_procs(processes, timeout=END_TIMEOUT_S)
    return status


def _belongs_to_lab(process: psutil.Process) -> bool:
    """Whether a process's command line names the state of this clone's lab."""
    return str(LAB_STATE) in " ".join(process.info["cmdline"] or ())


def driver() -> str:
    """The compute driver: DRIVER in the environment, else ``qemu`` where it is installed, else ``simulated``."""
    has_qemu = all(shutil.which(name) for name in ("qemu-system-x86_64", "qemu-img"))
    return os.environ.get("DRIVER") or ("qemu" if has_qemu else "simulated")


def stored(bucket: str, key: str) -> dict[str, Any] | None:
    """Return size and ETag of an object in the lab's store, or None if there is none.

    Raises:
        SetupError: The lab does not answer.
    """
    command = [str(PYTHON), "-m", "lab", "head", f"{bucket}/{key}"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    try:
        if answer.returncode == 0:
            found: dict[str, Any] | None = json.loads(answer.stdout)
            return found
    except ValueError:
        pass
    raise SetupError(f"cannot look into the lab's object store: {(answer.stderr or answer.stdout).strip()}")


def installer_iso() -> Path:
    """The project's installer, built again only when its sources changed: a newer kernel package does not count.

    `make iso` asks for the newest packages.
    """
    sources = _digest(SOURCES_OF_ISO)
    if INSTALLER_ISO.exists() and BUILT_FROM.exists() and BUILT_FROM.read_text() == sources:
        return INSTALLER_ISO
    if driver() == "simulated" and not shutil.which("xorriso"):
        return _placeholder()
    build_iso()
    return INSTALLER_ISO


def build_iso() -> None:
    module("iso", "build", "--output", str(INSTALLER_ISO), stdout=subprocess.DEVNULL)
    BUILT_FROM.write_text(_digest(SOURCES_OF_ISO))


def _placeholder() -> Path:
    """An ISO file for simulated servers, which do not boot it."""
    say("the tools that build an ISO are missing too: an empty one takes its place")
    content = placeholder()
    if not PLACEHOLDER_ISO.exists() or PLACEHOLDER_ISO.read_bytes() != content:
        PLACEHOLDER_ISO.write_bytes(content)
    return PLACEHOLDER_ISO


def module(name: str, *arguments: str, stdout: int | None = None) -> None:
    """Run ``python -m name`` of this project; it tells by itself what it does and what fails."""
    status = subprocess.run([str(PYTHON), "-m", name, *arguments], cwd=ROOT, stdout=stdout).returncode
    if status:
        raise SetupError(f"`python -m {name} {arguments[0]}` ended with exit status {status}")


def say(text: str) -> None:
    print(f"lab: {text}", file=sys.stderr, flush=True)


def _digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return digest.hexdigest()
