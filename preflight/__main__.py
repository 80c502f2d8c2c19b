"""Command that checks the builds of a stack against the cloud, without Pulumi and without creating anything."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from config.stack_file import NoConfiguration, find_file, read
from huaweicloud.errors import CloudError
from huaweicloud.printable import printable
from preflight import report_rendering
from preflight.report import create_report

UNUSABLE = 2
MAX_REPORT = 1_000_000
"""Most characters of a printed report; that of hundreds of builds has many lines."""


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run the command.

    Returns:
        0 if nothing would stop a run, 1 if something would, 2 if there is nothing to check.
    """
    parser = argparse.ArgumentParser(prog="python -m preflight", description=__doc__, allow_abbrev=False)
    parser.add_argument("--stack", help="name of the stack; its file is Pulumi.<stack>.yaml")
    parser.add_argument(
        "--folder", type=Path, default=Path.cwd(), help="folder of the project (default: the current one)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args(arguments)
    try:
        report = create_report(read(find_file(options.folder, options.stack), os.environ), os.environ)
    except NoConfiguration as error:
        print(printable(f"doctor: {error}"), file=sys.stderr)
        return UNUSABLE
    except CloudError as error:
        print(f"doctor: {error.with_hint()}", file=sys.stderr)
        return 1
    print(report_rendering.as_json(report) if options.json else printable(report_rendering.as_text(report), MAX_REPORT))
    return 1 if report.has_errors else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
