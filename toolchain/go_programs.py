"""Programs that are built from pinned Go modules of this folder, with checks that Go can build them."""

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from toolchain.paths import cache_folder
from toolchain.steps import SetupError, run

BUILD_TIMEOUT_S = 3600
FLAGS = ("-trimpath", "-mod=readonly", "-buildvcs=false")


def build(module: Path, packages: Mapping[str, str], folder: Path, failure: str, stamp: str = "") -> dict[str, str]:
    """
    Build programs from a Go module.

    Args:
        module: Folder with go.mod and go.sum.
        packages: Package of each program, by the file name of the program.
        folder: Folder for the programs.
        failure: Message if a program cannot be built.
        stamp: Options of the linker, in addition to those that omit debug information.

    Returns:
        Environment variables that the build used.
    """
    variables = {"HOME": str(Path.home()), "GOWORK": "off", "CGO_ENABLED": "0", **own_go_caches(module)}
    for name, package in packages.items():
        flags = [*FLAGS, "-ldflags", f"-s -w {stamp}".strip()]
        command = ["go", "build", *flags, "-o", str(folder / name), package]
        run(command, failure, cwd=module, variables=variables, timeout_s=BUILD_TIMEOUT_S)
    return variables


def own_go_caches(module: Path) -> dict[str, str]:
    """Return cache folders of our own for Go, as far as the user's are not in use."""
    answer = run(["go", "env", "GOMODCACHE", "GOCACHE"], "cannot run go", cwd=module).splitlines()
    usual = {"GOMODCACHE": Path(answer[0]), "GOCACHE": Path(answer[1])}
    own = cache_folder() / "go"
    return {
        name: str(own / name.lower()) for name, path in usual.items() if name not in os.environ and not path.exists()
    }


def check_go(module: Path, purpose: str, remedy: str) -> None:
    """
    Check that Go can build a module.

    Args:
        module: Folder with go.mod.
        purpose: Programs that are built, for messages.
        remedy: Action that makes Go unnecessary or available, for messages.

    Raises:
        SetupError: There is no Go, or it is too old and may not download a newer one by itself.
    """
    needed = _numbers(re.search(r"^go (\S+)", (module / "go.mod").read_text(), re.MULTILINE))
    wanted = ".".join(map(str, needed))
    if not shutil.which("go"):
        raise SetupError(f"Go {wanted} or newer is required to build {purpose}, but there is no `go` on PATH; {remedy}")
    answer = run(["go", "env", "GOVERSION", "GOTOOLCHAIN"], "cannot run go", cwd=module).splitlines()
    version = _numbers(re.match(r"go(\d[\d.]*)", answer[0]))
    fetches_newer = version >= (1, 21) and "auto" in answer[1]
    if version < needed and not fetches_newer:
        raise SetupError(f"{answer[0]} is too old to build {purpose}, Go {wanted} is required; upgrade it, or {remedy}")


def _numbers(found: re.Match[str] | None) -> tuple[int, ...]:
    return tuple(int(part) for part in found.group(1).strip(".").split(".")) if found else ()
