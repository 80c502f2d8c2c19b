"""Installation of everything that the other targets need and that is not installed yet (`make setup`)."""

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from toolchain import debian_packages, pulumi_cli, virtual_environment
from toolchain.paths import ROOT, STATE
from toolchain.steps import INTERRUPTED, SetupError, locked

STAMP = STATE / "setup.json"

Fingerprints = dict[str, str]


def main() -> int:
    """Run set-up and return its exit status."""
    try:
        if fingerprints() != _stamp():
            STATE.mkdir(exist_ok=True)
            with locked(STATE / "setup.lock", "waiting for another set-up of this clone"):
                bring_up_to_date()
    except (SetupError, OSError) as error:
        print(f"set-up failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    debian_packages.warn_of_missing_commands()
    return 0


def bring_up_to_date() -> None:
    """Run the steps whose inputs or results have changed, with Debian packages in parallel to the others."""
    before, now = _stamp(), fingerprints()
    with ThreadPoolExecutor(2) as pool:
        steps = [pool.submit(_in_order, changed) for changed in _changes(before, now)]
    for step in steps:
        step.result()
    STAMP.write_text(json.dumps(fingerprints(), indent=1))


def fingerprints() -> Fingerprints:
    """Return the inputs and results of each step, which reveal a changed or missing one."""
    return {
        "clone": os.fsencode(ROOT).decode(errors="backslashreplace"),  # which is the same in every locale
        "python": _digest(virtual_environment.INPUTS) if virtual_environment.is_usable() else "missing",
        "pulumi": f"{_digest(pulumi_cli.INPUTS)} {pulumi_cli.identity()}",
        "packages": f"{_digest([debian_packages.LIST])} {[shutil.which(name) for name in debian_packages.COMMANDS]}",
    }


def _changes(before: Fingerprints, now: Fingerprints) -> list[list[Callable[[], None]]]:
    """Return two lists of steps that may run at the same time, each in its order."""
    moved = before.get("clone", now["clone"]) != now["clone"]
    changed = {name for name in now if before.get(name) != now[name]}
    in_clone: list[Callable[[], None]] = []
    if "python" in changed or moved:
        in_clone.append(lambda: virtual_environment.install(recreate=moved))
    if "pulumi" in changed:
        in_clone.append(pulumi_cli.install)
    return [in_clone, [debian_packages.install] if "packages" in changed else []]


def _in_order(steps: Iterable[Callable[[], None]]) -> None:
    for step in steps:
        step()


def _stamp() -> Fingerprints:
    try:
        stamp: Fingerprints = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp


def _digest(files: Iterable[Path]) -> str:
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:16]


if __name__ == "__main__":
    sys.exit(main())
