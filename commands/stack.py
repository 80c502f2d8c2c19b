"""Pulumi commands on a stack (`make up`, `preview`, `refresh`, `down`), with the lab for the stack `lab`."""

import argparse
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from commands import configuration_size, local_lab
from commands.environment import LAB_STACK, pulumi_environment
from commands.iso import iso_choice, iso_file
from commands.pulumi_command import LockingCommand, ask
from commands.state import locks, state_files
from huaweicloud.printable import printable
from toolchain.paths import ROOT, STATE
from toolchain.steps import INTERRUPTED, SetupError, locked

POLICY_PACK = ROOT / "policy"
POLICY_CONFIGURATION = POLICY_PACK / "configuration.json"
PARALLEL = "512"  # the default of the engine is too low for many builds at once

Environment = dict[str, str]


def main() -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m commands.stack", allow_abbrev=False)
    parser.add_argument("command", choices=["up", "preview", "refresh", "down"])
    parser.add_argument("--stack", default=os.environ.get("STACK") or LAB_STACK)
    options, more = parser.parse_known_args()
    try:
        if options.command == "down":
            return down(options.stack, more)
        environment = prepared(options.command, options.stack)
        return run(options.command, options.stack, more, environment)
    except (SetupError, OSError) as error:
        print(printable(f"make {options.command}: {error}"), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def prepared(command: str, stack: str) -> Environment:
    """Start what a Pulumi command requires, which is the lab for the stack `lab`, and return its environment."""
    if stack != LAB_STACK:
        if os.environ.get("ISO") and command in ("up", "preview"):
            raise SetupError(
                f"ISO={iso_file.shown(os.environ['ISO'])} applies to the stack {LAB_STACK}, not to {stack};"
                " upload the file to a bucket of the region, and set `image_url`"
            )
        return pulumi_environment(stack, os.environ)
    settings = local_lab.start()
    iso = os.environ.get("ISO")
    if command == "up":
        settings |= iso_choice.offer(iso)
    elif command == "preview":
        settings |= iso_choice.show(iso, settings)
    return {**pulumi_environment(stack, os.environ), **settings}


def run(command: str, stack: str, more: list[str], environment: Environment) -> int:
    """Run a Pulumi command on a stack, which is created if necessary, and return the exit status."""
    state_files.require_sound(stack, environment)
    if command in ("up", "preview"):
        configuration_size.require_room(stack)
    select(stack, environment)
    if command != "preview":  # which takes no lock
        locks.require_unlocked(stack, environment)
    status = call([*arguments_of(command, stack), *more], stack, environment)
    if status:
        state_files.require_sound(stack, environment)  # The disk may have become full in the meantime.
    return status


def arguments_of(command: str, stack: str) -> list[str]:
    """Return the arguments of a Pulumi command; `up` keeps its preview, which checks everything before any create."""
    arguments = [command, "--stack", stack]
    if command != "preview":
        arguments.append("--yes")
    if command == "refresh":
        arguments.append("--clear-pending-creates")  # Their resources are found again by their ownership tags.
    if command in ("up", "preview") and (POLICY_PACK / "PulumiPolicy.yaml").exists():
        arguments += ["--policy-pack", POLICY_PACK.name]
        if POLICY_CONFIGURATION.exists():
            local_lab.module("policy.pack_configuration", str(POLICY_CONFIGURATION))
            arguments += ["--policy-pack-config", str(POLICY_CONFIGURATION)]
    return [*arguments, "--parallel", PARALLEL]


def down(stack: str, more: list[str]) -> int:
    """Destroy the resources of a stack, then stop the lab, which has to run for that."""
    state_files.require_sound(stack, pulumi_environment(stack, os.environ))
    if not exists(stack, pulumi_environment(stack, os.environ)):
        return local_lab.stop() if stack == LAB_STACK else 0
    environment = prepared("down", stack)
    locks.require_unlocked(stack, environment)
    status = call([*arguments_of("destroy", stack), *more], stack, environment)
    if stack == LAB_STACK and status == 0:
        return local_lab.stop()
    if stack == LAB_STACK:
        local_lab.say("still running, because some resources could not be destroyed")
    return status


def exists(stack: str, environment: Mapping[str, str]) -> bool:
    """Return True if a stack exists, and select it."""
    answer = ask(environment, "stack", "select", stack)
    if answer.returncode and "no stack named" not in answer.stderr:
        raise SetupError(f"cannot find out if the stack {stack} exists: {answer.stderr.strip()}")
    return answer.returncode == 0


def select(stack: str, environment: Mapping[str, str], program: Path = ROOT) -> None:
    """Select a stack, and create it if necessary."""
    with locked(STATE / "stacks.lock", "waiting for another command of this clone that creates a stack"):
        answer = ask(environment, "stack", "select", stack, "--create", folder=program)
    if answer.returncode:
        raise SetupError(f"cannot select the stack {stack}: {answer.stderr.strip()}")


def call(arguments: list[str], stack: str, environment: Mapping[str, str], program: Path = ROOT) -> int:
    """
    Run a Pulumi command to its end.

    Ctrl-C in a terminal reaches this process as well, but only the command handles it.

    Args:
        arguments: Arguments of the CLI.
        stack: Name of the stack.
        environment: Complete environment of the command.
        program: Folder of the project.

    Returns:
        The exit status, as a shell reports it.
    """
    running: list[LockingCommand] = []
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: [command.process.terminate() for command in running])
    folder = None if arguments[0] == "preview" else locks.lock_folder(stack, environment, program)
    running.append(LockingCommand(arguments, folder, cwd=program, env=environment))
    status = running[0].wait()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
