"""Command `python -m iso build --output FILE`."""

import argparse
import json
import os
import sys
from pathlib import Path

from iso.build import build
from iso.build_errors import IsoBuildError


def default_cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base, "huaweicloud-image-from-iso", "packages")


def main(arguments: list[str] | None = None) -> int:
    """Build the ISO and print its manifest; return 0 when the file is there."""
    parser = argparse.ArgumentParser(prog="python -m iso", description="The unattended installer ISO.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("build", help="build the ISO file, if its inputs have changed")
    command.add_argument("--output", type=Path, required=True, metavar="FILE")
    command.add_argument("--cache", type=Path, default=default_cache(), metavar="DIR", help="downloaded packages")
    options = parser.parse_args(arguments)
    try:
        result = build(options.output.absolute(), options.cache.absolute(), report=_report)
    except (IsoBuildError, OSError) as error:
        _report(str(error))
        return 1
    _report(f"{result.output} {'is up to date' if result.reused else 'was built'}")
    print(json.dumps(result.manifest, indent=2))
    return 0


def _report(line: str) -> None:
    print(f"iso: {line}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
