"""``python -m commands.sweep``: list what carries this tool's mark in a project of the cloud, and remove what you pick.

Signs in with the environment, as everything here does. Without BUILD_ID and --all it only lists, or asks where it runs
in a terminal.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from commands.sweep import costs, known_builds, rendering
from commands.sweep.inventory import ORDER, Leftover, find
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
        0, or 1 where something could not be removed, or 2 where the command cannot work as it was given.
    """
    options = _parser().parse_args(arguments)
    try:
        prices = costs.read(options.prices) if options.prices else Prices()
        known = {build: stack for file in options.state for build, stack in known_builds.builds(file).items()}
        cloud = _connect(options.region, os.environ)
        where = _require_project(cloud, options.state, options.region)
        leftovers = find(cloud)
    except (costs.NoPrices, known_builds.NoState, CloudError) as error:
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
    return _remove(picked, dry_run=options.dry_run)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m commands.sweep", description=__doc__, allow_abbrev=False)
    parser.add_argument("builds", nargs="*", metavar="BUILD_ID", help="remove everything of these builds")
    parser.add_argument(
        "--all",
        action="store_true",
        help="remove everything that is marked, except what belongs to a stack of --state and images that are kept",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be removed, and remove nothing")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--prices", type=Path, metavar="FILE", help="a price table, as the setting `prices` has it")
    parser.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        action="append",
        default=[],
        help="what `pulumi stack export --file FILE` has written, to see which builds a stack knows; repeatable",
    )
    parser.add_argument("--region", default=os.environ.get("HW_REGION_NAME"), help="default: HW_REGION_NAME")
    return parser


def _connect(region: str | None, environment: Mapping[str, str]) -> Cloud:
    if not region:
        raise CloudError("no region is given", hint="set HW_REGION_NAME, or use --region")
    # the environment's project and endpoints are those of its own region
    return connection.connect(region, {"region": environment.get("HW_REGION_NAME") or region}, environment)


def _require_project(cloud: Cloud, files: Sequence[Path], region: str) -> str:
    """
    Return the name of the project, unless a stack has no build in it but was built in others.

    Raises:
        CloudError: The builds of a stack in this region were made in another project.
    """
    from providers.runtime import project_record  # it loads Pulumi, which a report of options does not need

    where = project_record.describe(cloud)
    for file in files:
        made = known_builds.projects(file, region)
        if made and cloud.project_id not in made:
            said = "; ".join(made.values())
            raise CloudError(
                f"{said}, the credentials are for {where}; nothing was listed or removed",
                hint=f"use the project that built it, or leave out --state {file} (this run {_sign_in(region)})",
            )
    return where


def _sign_in(region: str) -> str:
    return precedence.line(region, {"region": os.environ.get("HW_REGION_NAME") or region}, os.environ)[0]


def _sentence(error: Exception) -> str:
    return error.with_hint() if isinstance(error, CloudError) else printable(str(error))


def _picked(
    leftovers: list[Leftover], known: Mapping[str, str], options: argparse.Namespace, where: str
) -> list[Leftover] | None:
    """What is to be removed; None where a build was named that has nothing here."""
    wanted = list(options.builds)
    if options.all:
        return [
            leftover
            for leftover in leftovers
            if leftover.marked and leftover.build_id not in known and leftover.step != "kept"
        ]
    if not wanted and leftovers and not options.json and sys.stdin.isatty() and not options.dry_run:
        wanted = input("\nremove which builds? (their ids; nothing: none) ").split()
    strangers = [build for build in wanted if build not in {leftover.build_id for leftover in leftovers}]
    if strangers:
        print(printable(f"sweep: there is nothing of build {', '.join(strangers)} in project {where}"), file=sys.stderr)
        return None
    return [leftover for leftover in leftovers if leftover.build_id in wanted]


def _remove(leftovers: list[Leftover], *, dry_run: bool) -> int:
    failed = 0
    for leftover in sorted(leftovers, key=lambda leftover: ORDER.index(leftover.kind)):
        what = printable_line(f"{leftover.kind} {leftover.name} ({leftover.id}) of build {leftover.build_id}")
        if dry_run:
            print(f"would remove {what}", file=sys.stderr)
            continue
        try:
            leftover.remove()
            print(f"removed {what}", file=sys.stderr)
        except CloudError as error:
            failed += 1
            print(f"could not remove {what}: {_sentence(error)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (KeyboardInterrupt, EOFError):
        sys.exit(130)
