"""Files of an ISO 9660 medium, listed and extracted by xorriso without root and without mounting it."""

import shlex
import tempfile
from collections.abc import Iterable
from pathlib import Path

from iso.commands import run


def list_files(iso: Path) -> frozenset[str]:
    """Return the absolute paths of all regular files of a medium."""
    listing = run(["xorriso", "-report_about", "FATAL", "-indev", iso, "-find", "/", "-type", "f"])
    return frozenset(path for line in listing.splitlines() for path in shlex.split(line) if path.startswith("/"))


def read_files(iso: Path, paths: Iterable[str]) -> dict[str, bytes]:
    """Return the contents of files of a medium, by their paths."""
    wanted = sorted(paths)
    if not wanted:
        return {}
    with tempfile.TemporaryDirectory(prefix="iso-files-") as folder:
        targets = {path: Path(folder, str(number)) for number, path in enumerate(wanted)}
        extractions: list[str | Path] = []
        for path, target in targets.items():
            extractions += ["-extract", path, target]
        run(["xorriso", "-report_about", "FATAL", "-osirrox", "on", "-indev", iso, *extractions])
        return {path: target.read_bytes() for path, target in targets.items()}
