"""``make downstream`` and ``make downstream-down``: a second stack starts a server from the image of the first."""

import argparse
import os
import sys
import time
import urllib.request

from huaweicloud.printable import printable
from tools import lab, locks, stack, state_files
from tools.environment import LAB_STACK, pulumi_environment
from tools.layout import ROOT
from tools.pulumi_command import ask
from tools.steps import SetupError

PROGRAM = ROOT / "examples" / "downstream"
READY = "IMAGE-READY"  # what the installer of this project lets its system print when it is up
BOOT_TIMEOUT_S = 180


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.downstream")
    parser.add_argument("command", choices=["up", "down"])
    command = parser.parse_args().command
    try:
        environment = {
            **pulumi_environment(LAB_STACK, os.environ),
            **lab.start(),
            "PYTHONPATH": str(ROOT),  # the example uses the client and the session of this project
        }
        state_files.require_sound(LAB_STACK, environment, PROGRAM)
        stack.select(LAB_STACK, environment, PROGRAM)
        locks.require_unlocked(LAB_STACK, environment, PROGRAM)
        pulumi = "destroy" if command == "down" else "up"
        status = stack.call([pulumi, "--yes", "--stack", LAB_STACK], LAB_STACK, environment, PROGRAM)
        return status if status or command == "down" else _show_console(environment)
    except SetupError as error:
        print(printable(f"make downstream: {error}"), file=sys.stderr)
        return 1


def _show_console(environment: dict[str, str]) -> int:
    """Show the server's serial console as it boots, until the installed system says that it is up."""
    server_id = ask(environment, "stack", "output", "server_id", "--stack", LAB_STACK, folder=PROGRAM).stdout.strip()
    token = {"Authorization": f"Bearer {environment['HW_LAB_TOKEN']}"}
    console = urllib.request.Request(f"{environment['HW_LAB_ENDPOINT']}/console/{server_id}", headers=token)  # noqa: S310
    shown, ends = "", time.monotonic() + BOOT_TIMEOUT_S
    print(f"the console of server {server_id}:", flush=True)
    while READY not in shown and time.monotonic() < ends:
        with urllib.request.urlopen(console, timeout=30) as answer:  # noqa: S310 - the lab's own loopback address
            text = answer.read().decode(errors="replace")
        print(printable(text[len(shown) :]), end="", flush=True)
        shown = text
        time.sleep(0.5)
    return 0 if READY in shown else 1


if __name__ == "__main__":
    sys.exit(main())
