"""Command that runs a stack for each combination of a matrix."""

import argparse
import json
import os
import sys
import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from commands import local_lab
from commands.fleet import backend, version
from commands.fleet.definition import InvalidFleet, StackDefinition, chosen, read
from commands.fleet.executor import Executor, ExecutorUnusable, open_executor
from commands.fleet.result import Result, Run
from commands.fleet.result_table import table
from commands.fleet.scheduler import run_all, say
from commands.iso import iso_choice
from config import wording
from toolchain.steps import INTERRUPTED, SetupError

FAILED, UNUSABLE = 1, 2
LAB_REGION = "lab-1"


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run the command.

    Returns:
        0; 1 if a stack failed; 2 if nothing was run because of problems of the file or the machines; 130 after Ctrl-C.
    """
    options = _parser().parse_args(arguments)
    try:
        sign_in = partial(_environment, options)
        stacks = chosen(read(options.file, sign_in, options.at is None), options.only)
        plain = options.without_tls
        with open_executor(options.at, options.at_once, len(stacks), allows_plain=plain) as executor:
            results, interrupted = _run(options, stacks, executor)
    except InvalidFleet as error:
        return _unusable(options.file, error.problems)
    except (ExecutorUnusable, SetupError) as error:
        return _unusable("fleet", [str(error)])
    except KeyboardInterrupt:
        return INTERRUPTED
    _show(results, options.json)
    if interrupted:
        return INTERRUPTED
    return 0 if all(result.good for result in results) else FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m commands.fleet", description=__doc__, allow_abbrev=False)
    parser.add_argument("command", choices=["up", "preview", "destroy", "status"])
    parser.add_argument("file", type=Path, metavar="FLEET.yaml")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="names of stacks; * and ? match anything")
    parser.add_argument("--at", metavar="ADDRESS", help="address of a cluster's scheduler, such as tls://10.0.0.1:8786")
    parser.add_argument("--without-tls", action="store_true", help="accept a scheduler without TLS on another machine")
    parser.add_argument("--at-once", type=_count, metavar="N", help="number of stacks to run at once")
    parser.add_argument("--json", action="store_true", help="print the table as JSON")
    return parser


def _count(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 1000:
        raise ValueError
    return value


def _environment(options: argparse.Namespace, regions: set[str]) -> Mapping[str, str]:
    """Return the environment of runs on this machine; for the lab's region, start the lab of this clone."""
    if options.at is None and LAB_REGION in regions and "HW_LAB_ENDPOINT" not in os.environ:
        settings = local_lab.start()
        if options.command == "up":
            settings |= iso_choice.offer(os.environ.get("ISO"))
        elif options.command == "preview":
            settings |= iso_choice.show(os.environ.get("ISO"), settings)
        os.environ.update(settings)
    return os.environ


def _run(options: argparse.Namespace, stacks: list[StackDefinition], executor: Executor) -> tuple[list[Result], bool]:
    asked_backend = ""
    if options.at is not None:
        asked_backend = backend.backend_digest(os.environ)
        problems = [f"this machine: {problem}" for problem in backend.problems(os.environ)]
        problems = problems or executor.check(version.digest(), asked_backend)
        if problems:
            raise ExecutorUnusable("not all machines can be used:\n  " + "\n  ".join(problems))
    at_once = options.at_once or executor.capacity
    fleet_run = uuid.uuid4().hex[:12]
    say(f"{options.command}: stacks: {len(stacks)}, at once: {min(at_once, len(stacks))}")
    runs = [
        Run(fleet_run, options.command, stack.name, stack.configuration, version.digest(), asked_backend)
        for stack in stacks
    ]
    return run_all(executor, runs, at_once)


def _show(results: list[Result], as_json: bool) -> None:
    if as_json:
        print(json.dumps([result.as_json() for result in results], indent=2))
    else:
        print(table(results))


def _unusable(subject: object, problems: list[str]) -> int:
    lines = "\n".join(f"  {problem}" for problem in problems)
    print(f"{subject}: {wording.count(len(problems), 'problem')}; nothing was run:\n{lines}", file=sys.stderr)
    return UNUSABLE


if __name__ == "__main__":
    sys.exit(main())
