"""Installation of the clone's Pulumi CLI in .state/bin, with a host for Python programs if it has none."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from toolchain import pulumi_distribution
from toolchain.paths import BIN, PULUMI_HOME
from toolchain.pulumi_distribution import LANGUAGE_HOST, MODULE
from toolchain.pulumi_home import keep_no_logs
from toolchain.steps import say

OLDEST = (3, 240, 0)
BEYOND = (4, 0, 0)
INPUTS = (MODULE / "go.mod", MODULE / "go.sum", MODULE / LANGUAGE_HOST)

Version = tuple[int, ...]


def install() -> None:
    """Use the user's own CLI if its version is supported, otherwise a distribution of the pinned version."""
    BIN.mkdir(parents=True, exist_ok=True)
    own = find_on_path(os.environ.get("PATH", ""))
    folder = own.parent if own else pulumi_distribution.provide()
    if (folder / LANGUAGE_HOST).exists():
        _replace(BIN / "pulumi", lambda new: new.symlink_to(folder / "pulumi"))
    else:
        _put_beside_language_host(folder)
    origin = f"found at {own}" if own else f"kept in {folder}"
    version = ".".join(map(str, version_of(BIN / "pulumi") or ()))
    say(f"the Pulumi CLI is {version}, {origin}")


def find_on_path(path: str) -> Path | None:
    """Return the user's own CLI if its version is supported and the host for Python programs is beside it."""
    # A clone's own .state/bin may be on PATH by `make env`; that is not the user's CLI.
    folders = [folder for folder in path.split(os.pathsep) if not folder.rstrip("/").endswith(".state/bin")]
    found = shutil.which("pulumi", path=os.pathsep.join(folders))
    if not found:
        return None
    binary = Path(found).resolve()
    version = version_of(binary)
    if version and OLDEST <= version < BEYOND and (binary.parent / LANGUAGE_HOST).exists():
        return binary
    say(f"{found} is not used, because version 3 from {_written(OLDEST)} on with {LANGUAGE_HOST} beside it is required")
    return None


def version_of(binary: Path) -> Version | None:
    """Return the output of `pulumi version`; None if it cannot be run or prints something else."""
    keep_no_logs(PULUMI_HOME)
    try:
        answer = subprocess.run(
            [binary, "version"],
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_HOME": str(PULUMI_HOME)},
            capture_output=True,
            text=True,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", answer.stdout)
    return tuple(map(int, found.groups())) if found else None


def identity() -> str:
    """Return a text that changes if the installed CLI is replaced or removed."""
    try:
        status = (BIN / "pulumi").stat()
    except OSError:
        return "missing"
    return f"{status.st_size} {status.st_mtime_ns}"


def _put_beside_language_host(folder: Path) -> None:
    """Install a CLI that was built from modules into .state/bin, because the engine requires the host beside itself."""
    for file in folder.iterdir():
        put(file, BIN / file.name)
    _replace(BIN / LANGUAGE_HOST, lambda new: shutil.copy2(MODULE / LANGUAGE_HOST, new))


def put(file: Path, target: Path) -> None:
    """Put a file at another path, as a link if the file system allows it."""
    _replace(target, lambda new: _link_or_copy(file, new))


def _replace(target: Path, make: Callable[[Path], object]) -> None:
    """Create a file under another name and rename it, so that running processes keep the old one."""
    new = target.with_name(f".{target.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    make(new)
    new.replace(target)
    new.unlink(missing_ok=True)  # rename(2) does nothing if both are links to one file


def _link_or_copy(file: Path, new: Path) -> None:
    try:
        os.link(file, new)
    except OSError:  # another file system, or one without links
        shutil.copy2(file, new)


def _written(version: Version) -> str:
    return ".".join(map(str, version))
