"""
Commands that write answers.

`python -m iso answer VENDOR.iso --preseed FILE --output OUT.iso` adds them to a vendor's ISO, and
`python -m iso profile debian` writes those of a profile.
"""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from config.answers.answer_files import READERS, Answers, read_answers
from iso.build_errors import IsoBuildError
from iso.vendor.customisation import as_json, customise


def add_parsers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands and their options."""
    command = commands.add_parser("answer", help="add answers to a vendor's ISO, so that it installs itself")
    command.add_argument("iso", type=Path, metavar="VENDOR.iso")
    choice = command.add_mutually_exclusive_group(required=True)
    for kind, reader in READERS.items():
        choice.add_argument(f"--{kind}", type=Path, metavar="FILE", help=f"answers for {reader}")
    choice.add_argument(
        "--profile", metavar="NAME|FILE", help="ready-made answers: a profile's name, or a file of values"
    )
    command.add_argument("--output", type=Path, required=True, metavar="OUT.iso")
    words = "further kernel parameter of every boot path (repeatable)"
    command.add_argument("--parameter", action="append", default=[], metavar="WORD", help=words)
    shown = commands.add_parser("profile", help="show the answers of a profile, as a starting point")
    shown.add_argument("profile", metavar="NAME|FILE")
    shown.add_argument("--output", type=Path, metavar="FILE", help="write them there, with the password hash")


def run_answer(options: argparse.Namespace, report: Callable[[str], None]) -> None:
    """Write the ISO, and print its manifest."""
    answers, parameters = _answers(options)
    output = options.output.expanduser().absolute()
    result = customise(options.iso.expanduser().absolute(), answers, output, parameters, report)
    report(f"{result.output} {'is up to date' if result.reused else 'was written'}")
    print(as_json(result))


def run_profile(options: argparse.Namespace, report: Callable[[str], None]) -> None:
    """Print the answers of a profile without its secret, or write them into a file that only its owner reads."""
    from config.answers.profiles.profile_answers import answers_of, shown_answers
    from config.answers.profiles.profile_reading import read_profile

    profile = read_profile(options.profile)
    if options.output is None:
        print(shown_answers(profile), end="")
        return
    output = options.output.expanduser().absolute()
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise IsoBuildError(f"{output} exists: choose another output, or delete it.") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(answers_of(profile, options.profile).content)
    report(f"{output} was written")


def _answers(options: argparse.Namespace) -> tuple[Answers, tuple[str, ...]]:
    """Return the answers, and the kernel parameters that the user or a profile adds."""
    if options.profile is None:
        kind = next(kind for kind in READERS if getattr(options, kind))
        return read_answers(getattr(options, kind).expanduser(), kind), tuple(options.parameter)
    # The models of profiles take longer to import than a build of the installer ISO needs, which has none of pydantic.
    from config.answers.profiles.profile_answers import answers_of
    from config.answers.profiles.profile_reading import read_profile

    return answers_of(read_profile(options.profile), options.profile), tuple(options.parameter)
