"""Virtual environment with the pinned requirements."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from toolchain.paths import PYTHON, ROOT, VENV, cache_folder
from toolchain.steps import SetupError, reported, run, say

REQUIREMENTS = ROOT / "requirements-dev.txt"
INPUTS = (ROOT / "requirements.txt", REQUIREMENTS)
OLDEST_PYTHON = (3, 11)
NO_PIP = (
    "this Python has neither pip nor ensurepip: install them "
    "(Debian, Ubuntu: `apt-get install python3-venv python3-pip`) and run again"
)


def install(recreate: bool) -> None:
    """
    Install the pinned requirements into the virtual environment; other packages stay.

    Args:
        recreate: True to create it again, as a moved clone requires because the scripts contain absolute paths.
    """
    replace = VENV.exists() and (recreate or not is_usable())
    with reported("Python packages are installed in .venv"), _kept_until_replaced(replace):
        if not VENV.exists():
            run([base_python(), "-m", "venv", "--without-pip", VENV], "cannot create the virtual environment .venv")
        _install_requirements()


@contextmanager
def _kept_until_replaced(replace: bool) -> Iterator[None]:
    """Move the virtual environment away, and back if the block that creates another one fails."""
    old = VENV.with_name(f"{VENV.name}.old")
    _remove(old)
    if not replace:
        yield
        return
    VENV.rename(old)
    try:
        yield
    except BaseException:
        _remove(VENV)
        old.rename(VENV)
        raise
    _remove(old)


def _remove(folder: Path) -> None:
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


def is_usable() -> bool:
    """Return True if the virtual environment's Python can be run and is new enough."""
    if Path(sys.prefix) == VENV:
        return True
    check = f"import sys; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    return PYTHON.exists() and subprocess.run([PYTHON, "-c", check], capture_output=True).returncode == 0


def base_python() -> str:
    """Return the interpreter of this set-up outside of any virtual environment."""
    return str(getattr(sys, "_base_executable", sys.executable))


def _install_requirements() -> None:
    pip = _pip()
    uv = VENV / "bin" / "uv"
    if not uv.exists():
        _install_uv(pip)
    hashed: list[str | Path] = ["install", "--quiet", "--require-hashes", "-r", REQUIREMENTS]
    try:
        run([uv, "pip", *hashed], "uv", ROOT, _uv_variables())
    except SetupError as error:
        say(f"uv could not install the requirements; pip installs them instead, which is slower ({error})")
        run([*pip, *hashed], "cannot install requirements-dev.txt into .venv")


def _install_uv(pip: list[str]) -> None:
    """Install uv with pip: pip checks hashes only of what a file lists."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "uv.txt")
        file.write_text(pinned(REQUIREMENTS, "uv"))
        command: list[str | Path] = [*pip, "install", "--quiet", "--no-cache-dir", "--require-hashes", "-r", file]
        run(command, "cannot install uv into .venv")


def _pip() -> list[str]:
    """Return a pip for the virtual environment: an existing one, otherwise one from ensurepip."""
    base = [base_python(), "-m", "pip", "--python", str(PYTHON)]
    own = [str(PYTHON), "-m", "pip"]
    for command in (own, base):
        try:
            run([*command, "--version"], "pip")
        except SetupError:
            continue
        return command
    try:
        run([PYTHON, "-m", "ensurepip"], "ensurepip")
    except SetupError as error:
        raise SetupError(NO_PIP) from error
    return own


def _uv_variables() -> dict[str, str]:
    """Return variables that pass pip's index to uv, and a cache folder of our own if the user has none."""
    variables = {"VIRTUAL_ENV": str(VENV)}
    if "UV_CACHE_DIR" not in os.environ and not Path.home().joinpath(".cache", "uv").exists():
        variables["UV_CACHE_DIR"] = str(cache_folder() / "uv")
    if "PIP_INDEX_URL" in os.environ and "UV_INDEX_URL" not in os.environ:
        variables["UV_DEFAULT_INDEX"] = os.environ["PIP_INDEX_URL"]
    return variables


def pinned(requirements: Path, name: str) -> str:
    """Return the entry ``name==version`` of a compiled requirements file, with its hashes."""
    found = re.search(rf"^{re.escape(name)}==\S+(?: \\\n +--hash=\S+)+", requirements.read_text(), re.MULTILINE)
    if not found:
        raise SetupError(f"{requirements.name} does not pin {name}: run `make lock`")
    return found.group()
