"""
Report of a stack's runs as one HTML file: builds by steps, critical path, time, requests, costs and failures.

It is made of the state of the stack and what is recorded on this machine. Without `--live` no request is sent to the
cloud.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from commands.environment import LAB_STACK
from commands.fleet.definition import InvalidFleet
from commands.report import fleet_report, live_report, report_file, stack_record
from commands.report.drawing import fleet_page, report_page
from commands.report.figures import engine_events
from commands.report.figures.engine_events import EngineEvents
from commands.report.stack_record import StackRecord
from commands.report.stack_report import report_of
from commands.state.exported_stack import NoState
from commands.sweep import costs
from commands.sweep.costs import NoPrices
from config.prices import Prices
from huaweicloud.printable import printable
from providers.installation import diagnostic_files
from toolchain.steps import INTERRUPTED, SetupError

EVERY_S = 5.0
SHORTEST_S = 0.1
UNUSABLE = 2
"""Exit status for a fleet file with problems, as of `python -m commands.fleet`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.live and (options.state or options.fleet):
        parser.error("--live requires a stack of this project, not --state or --fleet")
    if options.fleet and (options.state or options.events):
        parser.error("--fleet cannot be combined with --state or --events")
    write = _write_fleet if options.fleet else _write_live if options.live else _write
    try:
        file = write(options, costs.read(options.prices) if options.prices else None)
    except InvalidFleet as error:
        problems = "".join(f"\n  {problem}" for problem in error.problems)
        print(printable(f"report: {options.fleet}:{problems}"), file=sys.stderr)
        return UNUSABLE
    except (SetupError, NoState, NoPrices) as error:
        print(printable(f"report: {error}"), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    print(file)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m commands.report", allow_abbrev=False, description=__doc__)
    parser.add_argument("--stack", default=os.environ.get("STACK") or LAB_STACK, help="the stack (default: STACK, lab)")
    parser.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="output of `pulumi stack export` of another program, instead of a stack of this one; - for standard input",
    )
    parser.add_argument("--fleet", type=Path, metavar="FLEET.yaml", help="all stacks of a fleet, instead of one stack")
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="names of its stacks; * and ? match anything"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="the report (default: .state/report-<stack>.html)")
    parser.add_argument(
        "--prices", type=Path, metavar="FILE", help="price table (default: `prices` of the stack's configuration)"
    )
    parser.add_argument(
        "--events", type=Path, metavar="FILE", help="event log of the latest run, for its messages (pulumi --event-log)"
    )
    parser.add_argument("--live", action="store_true", help="write it again until the run under way has ended")
    parser.add_argument(
        "--every", type=_seconds, default=EVERY_S, metavar="SECONDS", help=f"interval of --live (default: {EVERY_S:g})"
    )
    return parser


def _seconds(text: str) -> float:
    value = float(text)
    if not SHORTEST_S <= value <= 3600:
        raise ValueError
    return value


def _events(options: argparse.Namespace) -> EngineEvents:
    return engine_events.read(options.events) if options.events else EngineEvents()


def _write(options: argparse.Namespace, prices: Prices | None) -> Path:
    record = _record(options, prices)
    report = report_of(record, diagnostic_files.folder(), time.time())
    file: Path = options.output or report_file.default(record.stack)
    report_file.write(file, report_page.of_stack(report))
    return file


def _record(options: argparse.Namespace, prices: Prices | None) -> StackRecord:
    if options.state:
        return stack_record.in_file(options.state, prices, _events(options))
    return stack_record.of_stack(options.stack, prices, _events(options))


def _write_live(options: argparse.Namespace, prices: Prices | None) -> Path:
    file: Path = options.output or report_file.default(options.stack)
    print(f"report: writing {file} until the run has ended or Ctrl-C", file=sys.stderr, flush=True)
    live_report.follow(options.stack, lambda: _record(options, prices), file, options.every)
    return file


def _write_fleet(options: argparse.Namespace, prices: Prices | None) -> Path:
    at = time.time()
    members = fleet_report.members(options.fleet, options.only, prices, diagnostic_files.folder(), at)
    file: Path = options.output or report_file.default(f"fleet-{options.fleet.stem}")
    report_file.write(file, fleet_page.of_fleet(options.fleet.name, members, at))
    return file


if __name__ == "__main__":
    sys.exit(main())
