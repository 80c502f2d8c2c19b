"""
Python processes that begin with the modules loaded that the tests' commands import.

A command of the CLI starts four Python processes, which spend most of their time on imports. Where a test does not
depend on the processes themselves, its `python` is a script that has a child of one prepared process run the command:
with the script's arguments, variables, working directory, files and signals, and with its exit status. A lab that it
starts gets applications that are created already.
"""

import atexit
import functools
import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from toolchain.paths import BIN, PYTHON, ROOT, STATE
from toolchain.pulumi_distribution import LANGUAGE_HOST
from toolchain.steps import locked

SOCKET = "WARM_PYTHON_SOCKET"
SELDOM_FREE_MEMORY = {"GOGC": "400"}
"""Setting of the CLI, whose commands are short: a third of their time was for memory that they do not need."""
CLIENT = Path(__file__).with_name("client.py")
SERVER = Path(__file__).with_name("server.py")


def is_possible() -> bool:
    """Return True in a session of pytest; benchmarks and coverage measure the processes themselves."""
    return "PYTEST_VERSION" in os.environ and "COVERAGE_PROCESS_CONFIG" not in os.environ


@functools.cache
def variables() -> dict[str, str]:
    """Return the variables that make processes of :func:`write_python` warm; starts the prepared process once."""
    if not is_possible():
        return {}
    folder = Path(tempfile.mkdtemp(prefix="warm-python-"))
    path = folder / "socket"
    # The prepared process ends when this process closes its standard input.
    server = subprocess.Popen([PYTHON, SERVER, path], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdin
    assert server.stdout
    server.stdout.readline()
    atexit.register(_end, server, folder)
    return {SOCKET: str(path), **SELDOM_FREE_MEMORY}


@functools.cache
def python() -> str:
    """Return the path of a `python` that is always warm, or the project's own where that is not possible."""
    if not is_possible():
        return str(PYTHON)
    path = Path(variables()[SOCKET])
    file = path.with_name("python")
    write_python(file)
    file.write_text(file.read_text().replace("\n", f"\nexport {SOCKET}={shlex.quote(str(path))}\n", 1))
    return str(file)


def _end(server: subprocess.Popen[bytes], folder: Path) -> None:
    server.communicate()
    shutil.rmtree(folder)


def write_environment(folder: Path) -> None:
    """Write a virtual environment with the project's packages and a `python` of :func:`write_python`."""
    write_python(folder / "bin" / "python")
    for name in ("lib", "pyvenv.cfg"):
        (folder / name).symlink_to(PYTHON.parents[1] / name)


def write_python(file: Path, *arguments: str) -> None:
    """Write a `python` that is warm with the variables of :func:`variables`, and otherwise the project's own."""
    own, client, more = (shlex.join(map(str, words)) for words in ((PYTHON,), (PYTHON, "-IS", CLIENT), arguments))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'#!/bin/sh\n[ -n "${SOCKET}" ] && exec {client} "$0" {more} "$@"\nexec {own} {more} "$@"\n')
    file.chmod(0o755)


@functools.cache
def cli_folder() -> Path:
    """Return a folder with the CLI of set-up whose language host is warm; set-up's own for a CLI of the user's."""
    if not is_possible() or (BIN / "pulumi").is_symlink():
        return BIN
    folder = STATE / "warm-cli"
    with locked(folder.with_suffix(".lock"), "waiting for another run of the tests"):
        for file in BIN.glob("pulumi*"):  # the engine looks for the others beside itself
            if file.name != LANGUAGE_HOST:
                _link(file, folder / file.name)
        program, executor = ROOT / "toolchain" / "pulumi" / "language_host.py", folder / f"{LANGUAGE_HOST}-exec"
        write_python(folder / "new", str(program), str(executor))
        (folder / "new").replace(folder / LANGUAGE_HOST)  # other processes may be reading it
    return folder


def _link(file: Path, link: Path) -> None:
    if not (link.exists() and link.samefile(file)):
        link.parent.mkdir(exist_ok=True)
        link.unlink(missing_ok=True)
        os.link(file, link, follow_symlinks=True)
