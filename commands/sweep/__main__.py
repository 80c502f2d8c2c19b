"""
Command that lists the leftovers of this tool in a project of the cloud, and deletes those that you choose.

It signs in with the environment. Without BUILD_ID and --all it only lists them, or asks in a terminal.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from commands.state import exported_stack
from commands.state.exported_stack import Recorded
from commands.sweep import costs, known_builds, rendering, stored_isos
from commands.sweep.inventory import ORDER, Leftover, find, ordered
from config.prices import Prices
from config.sign_in import connection, precedence
from huaweicloud.cloud import Cloud
from huaweicloud.errors import CloudError
from huaweicloud.printable import printable, printable_line

UNUSABLE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run the command.

    Returns:
        0, or 1 if something could not be deleted, or 2 if the command cannot work with these arguments.
    """
    options = _parser().parse_args(arguments)
    try:
        prices = costs.read(options.prices) if options.prices else Prices()
        states = {file: exported_stack.read(file) for file in options.state}
        known = {build: name for state in states.values() for build, name in known_builds.builds(state).items()}
        cloud = _connect(options.region, os.environ)
        where = _require_project(cloud, states, options.region)
        leftovers = _find(cloud, options.bucket)
    except (costs.NoPrices, exported_stack.NoState, CloudError) as error:
        print(f"sweep: {_sentence(error)}", file=sys.stderr)
        return UNUSABLE
    now = cloud.service_time("ims") or datetime.now(UTC)
    show = rendering.as_json if options.json else rendering.as_text
    more = {} if options.json else {"states": bool(options.state)}
    print(show(leftovers, known, prices, now, **more))
    if leftovers and not options.json:
        print(printable(f"in project {where}"))
    picked = _picked(leftovers, known, options, where)
    if picked is None:
        return UNUSABLE
    return _delete(picked, dry_run=options.dry_run)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m commands.sweep", description=__doc__, allow_abbrev=False)
    parser.add_argument("builds", nargs="*", metavar="BUILD_ID", help="delete everything of these builds")
    parser.add_argument(
        "--all",
        action="store_true",
        help="delete everything with an ownership tag, except kept or published images, uploaded ISO files and what "
        "belongs to a stack of --state",
    )
    parser.add_argument("--dry-run", action="store_true", help="print what would be deleted, and delete nothing")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--prices", type=Path, metavar="FILE", help="price table, as in the setting `prices`")
    parser.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        action="append",
        default=[],
        help="file written by `pulumi stack export --file FILE`, to show which builds a stack contains; repeatable",
    )
    parser.add_argument(
        "--bucket",
        metavar="NAME",
        action="append",
        default=[],
        help="bucket in which uploads of ISO files are sought, instead of all buckets in the region; repeatable",
    )
    parser.add_argument("--region", default=os.environ.get("HW_REGION_NAME"), help="default: HW_REGION_NAME")
    return parser


def _connect(region: str | None, environment: Mapping[str, str]) -> Cloud:
    if not region:
        raise CloudError("no region is given", hint="set HW_REGION_NAME, or use --region")
    # Project and endpoints of the environment belong to the environment's own region.
    return connection.connect(region, {"region": environment.get("HW_REGION_NAME") or region}, environment)


def _find(cloud: Cloud, buckets: Sequence[str]) -> list[Leftover]:
    """Return all leftovers; without a named bucket, an object store that cannot be listed is only reported."""
    leftovers = find(cloud)
    try:
        return ordered([*leftovers, *stored_isos.find(cloud, buckets)])
    except CloudError as error:
        if buckets:
            raise
        print(printable(f"sweep: {stored_isos.reason(error)}"), file=sys.stderr)
        return leftovers


def _require_project(cloud: Cloud, states: Mapping[Path, Sequence[Recorded]], region: str) -> str:
    """
    Return the name of the project, provided that each stack has a build in it, or none in any project.

    Raises:
        CloudError: The builds of a stack in this region were created in another project.
    """
    from providers.runtime import project_record  # It loads Pulumi, which --help does not need.

    where = project_record.describe(cloud)
    for file, resources in states.items():
        made = known_builds.projects(resources, region)
        if made and cloud.project_id not in made:
            origins = ", ".join(made.values())
            raise CloudError(
                f"{origins}, but the credentials are for {where}; nothing was listed or deleted",
                hint=f"use the project that built it, or omit --state {file} (this run {_sign_in(region)})",
            )
    return where


def _sign_in(region: str) -> str:
    return precedence.line(region, {"region": os.environ.get("HW_REGION_NAME") or region}, os.environ)[0]


def _sentence(error: Exception) -> str:
    return error.with_hint() if isinstance(error, CloudError) else printable(str(error))


def _picked(
    leftovers: list[Leftover], known: Mapping[str, str], options: argparse.Namespace, where: str
) -> list[Leftover] | None:
    """Return the leftovers to delete; None if a given build has none."""
    wanted = list(options.builds)
    if options.all:
        return [
            leftover
            for leftover in leftovers
            if leftover.is_tagged
            and leftover.build_id not in known
            and leftover.step not in ("kept", "kept-copy", "object")
            and not leftover.published
        ]
    if not wanted and leftovers and not options.json and sys.stdin.isatty() and not options.dry_run:
        wanted = input("\nids of the builds to delete (empty for none): ").split()
    strangers = [build for build in wanted if build not in {leftover.build_id for leftover in leftovers}]
    if strangers:
        print(printable(f"sweep: project {where} has no leftovers of build {', '.join(strangers)}"), file=sys.stderr)
        return None
    return [leftover for leftover in leftovers if leftover.build_id in wanted]


def _delete(leftovers: list[Leftover], *, dry_run: bool) -> int:
    failed = 0
    for leftover in sorted(leftovers, key=lambda leftover: ORDER.index(leftover.kind)):
        subject = printable_line(f"{leftover.kind} {leftover.name} ({leftover.id}) of build {leftover.build_id}")
        if leftover.published:
            failed += 1
            hint = "remove `publish` from its build, or delete the tag of the channel"
            print(printable(f"did not delete {subject}: {leftover.published} points to it; {hint}"), file=sys.stderr)
            continue
        if dry_run:
            print(f"would delete {subject}", file=sys.stderr)
            continue
        try:
            leftover.delete()
            print(f"deleted {subject}", file=sys.stderr)
        except CloudError as error:
            failed += 1
            print(f"could not delete {subject}: {_sentence(error)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (KeyboardInterrupt, EOFError):
        sys.exit(130)
