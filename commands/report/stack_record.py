"""Everything that a report is made of, as it was recorded: state, runs, prices, events and locks of a stack."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from commands.console import state_of
from commands.environment import pulumi_environment
from commands.pulumi_command import ask
from commands.report.figures import run_times
from commands.report.figures.engine_events import EngineEvents
from commands.report.figures.run_times import Run
from commands.report.secret_filter import VARIABLES, SecretFilter
from commands.state import exported_stack, locks, recorded_builds
from commands.state.exported_stack import Recorded
from commands.state.lock_records import State
from commands.summary import Build, builds_of
from config import stack_file
from config.prices import Prices
from config.sign_in.connection import SECRET_KEYS
from config.stack_file import NoConfiguration
from config.stack_settings import StackSettings
from huaweicloud.printable import printable_line
from toolchain.paths import ROOT

RUNS_READ = 20
"""Number of the latest runs that a report shows."""


@dataclass(frozen=True)
class StackRecord:
    """
    Record of a stack.

    Attributes:
        stack: Name of the stack.
        resources: Resources in its state.
        builds: Builds with the figures that `make summary` shows.
        runs: Runs that have ended, latest first.
        holder: Command that works on the stack at the moment; "" if there is none, or if the backend does not show it.
        shows_holder: True if the backend shows it.
        prices: Price table.
        events: Events of the latest run, if there is a log of them.
        hidden: Filter of all texts.
        notes: Sentences about what could not be read.
    """

    stack: str
    resources: list[Recorded]
    builds: list[Build]
    runs: list[Run] = field(default_factory=list)
    holder: str = ""
    shows_holder: bool = False
    prices: Prices = field(default_factory=Prices)
    events: EngineEvents = field(default_factory=EngineEvents)
    hidden: SecretFilter = field(default_factory=SecretFilter)
    notes: tuple[str, ...] = ()

    def recorded(self) -> list[Build]:
        """Return the builds with a server in the state, finished or not."""
        return builds_of(recorded_builds.outputs_of(self.resources))

    def outputs(self) -> Mapping[str, Any]:
        """Return the outputs of the program; secret ones are encrypted."""
        return _outputs(self.resources)


def of_stack(stack: str, prices: Prices | None, events: EngineEvents) -> StackRecord:
    """
    Return the record of a stack of this project; no request is sent to the cloud.

    Args:
        stack: Name of the stack.
        prices: Price table; None for that of the stack's configuration.
        events: Events of the latest run.

    Raises:
        SetupError: The state cannot be read.
        NoState: The same.
    """
    settings = settings_of(stack, pulumi_environment(stack, os.environ))
    own = settings.preflight.prices if settings else Prices()
    return recorded(stack, prices or own, events, _in_settings(settings))


def recorded(stack: str, prices: Prices, events: EngineEvents, secrets: Iterable[str]) -> StackRecord:
    """
    Return the record of a stack of this project whose configuration may be elsewhere.

    Args:
        stack: Name of the stack.
        prices: Price table.
        events: Events of the latest run.
        secrets: Secrets of its configuration.

    Raises:
        SetupError: The state cannot be read.
        NoState: The same.
    """
    environment = pulumi_environment(stack, os.environ)
    holder = holder_of(stack, environment)  # before the state, which is the last one if there is no holder
    resources = state_of(stack, environment)
    runs, notes = _runs(stack, environment)
    return StackRecord(
        stack=stack,
        resources=resources,
        builds=builds_of(_outputs(resources)),
        runs=runs,
        holder=holder or "",
        shows_holder=holder is not None,
        prices=prices,
        events=events,
        hidden=SecretFilter([*_in_environment(), *secrets]),
        notes=tuple(notes),
    )


def in_file(file: Path, prices: Prices | None, events: EngineEvents) -> StackRecord:
    """
    Return the record of a stack of any program.

    Args:
        file: Output of `pulumi stack export`; `-` for the standard input.
        prices: Price table; None without one.
        events: Events of the latest run.

    Raises:
        NoState: The file cannot be read.
    """
    resources = exported_stack.read(file)
    name = next((resource.stack for resource in resources), "stack")
    hidden = SecretFilter(_in_environment())
    builds = builds_of(recorded_builds.outputs_of(resources))
    return StackRecord(name, resources, builds, prices=prices or Prices(), events=events, hidden=hidden)


def holder_of(stack: str, environment: Mapping[str, str], program: Path = ROOT) -> str | None:
    """Return the command that works on a stack; "" if there is none, None if the backend does not show it."""
    if locks.lock_folder(stack, environment, program) is None:
        return None  # other backends show a lock only to commands that take it
    held = locks.found(stack, environment, program)
    alive = [lock for lock in held if lock.assessment.state is not State.DEAD]
    return str(alive[0]) if alive else ""


def _outputs(resources: Iterable[Recorded]) -> Mapping[str, Any]:
    return next((resource.outputs for resource in resources if resource.is_stack), {})


def _runs(stack: str, environment: Mapping[str, str]) -> tuple[list[Run], list[str]]:
    options = ("--json", "--page-size", str(RUNS_READ), "--page", "1", "--stack", stack)
    answer = ask(environment, "stack", "history", *options)
    if answer.returncode:
        return [], [printable_line(f"the runs of the stack cannot be read: {answer.stderr.strip()}")]
    return run_times.parse(answer.stdout)[:RUNS_READ], []


def settings_of(stack: str, environment: Mapping[str, str]) -> StackSettings | None:
    """Return the settings of a stack; None if its file is not here, or is no configuration."""
    try:
        return stack_file.read(stack_file.find_file(ROOT, stack), environment).settings
    except (NoConfiguration, OSError):
        return None


def _in_environment() -> list[str]:
    return [os.environ[name] for name in VARIABLES if os.environ.get(name)]


def _in_settings(settings: StackSettings | None) -> Iterable[str]:
    if settings is None:
        return
    yield from (str(settings.sign_in[key]) for key in SECRET_KEYS if settings.sign_in.get(key))
    yield from (build.user_data for build in settings.builds if build.user_data)
