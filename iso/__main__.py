"""Commands `python -m iso build` (the installer ISO) and `python -m iso answer` (a vendor's ISO with answers)."""

import argparse
import json
import os
import sys
from pathlib import Path

from config.answers.answer_files import AnswersRefused
from iso.build import build
from iso.build_errors import IsoBuildError
from iso.vendor import answer_command


def default_cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base, "huaweicloud-image-from-iso", "packages")


def main(arguments: list[str] | None = None) -> int:
    """Write an ISO and print its manifest; return 0 when the file is there."""
    parser = argparse.ArgumentParser(prog="python -m iso", description="ISO files that install themselves.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("build", help="build the ISO file, if its inputs have changed")
    command.add_argument("--output", type=Path, required=True, metavar="FILE")
    command.add_argument("--cache", type=Path, default=default_cache(), metavar="DIR", help="downloaded packages")
    answer_command.add_parsers(commands)
    options = parser.parse_args(arguments)
    try:
        if options.command == "answer":
            answer_command.run_answer(options, _report)
        elif options.command == "profile":
            answer_command.run_profile(options, _report)
        else:
            _build(options)
    except (IsoBuildError, AnswersRefused, OSError) as error:
        _report(str(error))
        return 1
    return 0


def _build(options: argparse.Namespace) -> None:
    result = build(options.output.absolute(), options.cache.absolute(), report=_report)
    _report(f"{result.output} {'is up to date' if result.reused else 'was built'}")
    print(json.dumps(result.manifest, indent=2))


def _report(line: str) -> None:
    print(f"iso: {line}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
