"""Command `python -m iso answer VENDOR.iso --preseed FILE --output OUT.iso`."""

import argparse
from collections.abc import Callable
from pathlib import Path

from iso.vendor.answer_files import READERS, read_answers
from iso.vendor.customisation import as_json, customise


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command and its options."""
    command = commands.add_parser("answer", help="add answers to a vendor's ISO, so that it installs itself")
    command.add_argument("iso", type=Path, metavar="VENDOR.iso")
    choice = command.add_mutually_exclusive_group(required=True)
    for kind, reader in READERS.items():
        choice.add_argument(f"--{kind}", type=Path, metavar="FILE", help=f"answers for {reader}")
    command.add_argument("--output", type=Path, required=True, metavar="OUT.iso")
    command.add_argument(
        "--parameter",
        action="append",
        default=[],
        metavar="WORD",
        help="further kernel parameter of every boot path (repeatable)",
    )


def run_command(options: argparse.Namespace, report: Callable[[str], None]) -> None:
    """Write the ISO, and print its manifest."""
    kind = next(kind for kind in READERS if getattr(options, kind))
    answers = read_answers(getattr(options, kind), kind)
    output = options.output.expanduser().absolute()
    result = customise(options.iso.expanduser().absolute(), answers, output, tuple(options.parameter), report)
    report(f"{result.output} {'is up to date' if result.reused else 'was written'}")
    print(as_json(result))
