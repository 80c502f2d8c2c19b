"""Second stack that starts a server from the image of the first (`make downstream`, `make downstream-down`)."""

import argparse
import os
import sys
from collections.abc import Mapping

from commands import local_lab, stack
from commands.environment import LAB_STACK, pulumi_environment
from commands.iso import iso_choice
from commands.pulumi_command import ask
from commands.server_console import ServerConsole
from commands.state import locks, state_files
from huaweicloud.printable import printable
from toolchain.paths import ROOT
from toolchain.steps import INTERRUPTED, SetupError

PROGRAM = ROOT / "examples" / "downstream"
READY = "IMAGE-READY"  # printed by the system that this project's installer installs, once it is up
BOOT_TIMEOUT_S = 180


def main() -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m commands.downstream")
    parser.add_argument("command", choices=["up", "down"])
    command = parser.parse_args().command
    try:
        environment = {
            **pulumi_environment(LAB_STACK, os.environ),
            **local_lab.start(),
            "PYTHONPATH": str(ROOT),  # The example uses the client of this project.
        }
        state_files.require_sound(LAB_STACK, environment, PROGRAM)
        stack.select(LAB_STACK, environment, PROGRAM)
        locks.require_unlocked(LAB_STACK, environment, PROGRAM)
        pulumi = "destroy" if command == "down" else "up"
        status = stack.call([pulumi, "--yes", "--stack", LAB_STACK], LAB_STACK, environment, PROGRAM)
        if status == 0 and command == "up":
            _show_console(environment)
        return status
    except KeyboardInterrupt:
        return INTERRUPTED
    except (SetupError, OSError) as error:
        print(printable(f"make downstream: {error}"), file=sys.stderr)
        return 1


def _show_console(environment: dict[str, str]) -> None:
    """Print the server's serial console while it boots, until the installed system reports that it is up."""
    answer = ask(environment, "stack", "output", "server_id", "--stack", LAB_STACK, folder=PROGRAM)
    if answer.returncode:
        raise SetupError(f"cannot read the server's id: {answer.stderr.strip()}")
    server_id = answer.stdout.strip()
    console, marker = ServerConsole(environment, server_id), marker_from(os.environ)
    if console.is_simulated():
        local_lab.say(f"server {server_id} is simulated: no system boots in it")
    elif marker:
        print(f"console of server {server_id}:", flush=True)
        console.follow(marker, timeout_from(os.environ))
    else:
        local_lab.say(f"server {server_id} is booting; its console: `python -m lab console {server_id}`")
        local_lab.say("READY=text waits until your image prints that text on the console to report that it is up")


def marker_from(environment: Mapping[str, str]) -> str:
    """Return the text that the console shows once the system is up; "" to wait for nothing."""
    chosen = environment.get("READY")
    return chosen if chosen is not None else READY if iso_choice.is_own() else ""


def timeout_from(environment: Mapping[str, str]) -> float:
    """
    Return the time limit for that text, in seconds.

    Raises:
        SetupError: The setting is not a duration.
    """
    text = environment.get("READY_TIMEOUT_S") or str(BOOT_TIMEOUT_S)
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds < float("inf"):
        raise SetupError(f"READY_TIMEOUT_S={text} is not a number of seconds")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
