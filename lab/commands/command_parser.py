"""Arguments of ``python -m lab``, with the function of each command."""

import argparse
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from lab.commands import (
    boot_command,
    inspect_command,
    machine_commands,
    open_command,
    process_commands,
    record_commands,
)
from lab.commands.command_name import COMMAND
from lab.commands.machine_commands import Action
from lab.start_options import DEFAULT_REGION, MAX_TIME_SCALE

DEFAULT_STATE = Path(".state/lab")
SERVER_HELP = "id or name of a server, or a unique beginning of either"
IMAGE_HELP = "id or name of an image, or a unique beginning of either"
POWER_COMMANDS: tuple[tuple[str, Action, str], ...] = (
    ("power-off", "stop", "shut a server down"),
    ("power-on", "start", "start a server that is off"),
    ("reboot", "reboot", "restart a server"),
)

Command = Callable[[argparse.Namespace], int]


class Commands:
    """Parser of all commands, to which the commands are added."""

    def __init__(self) -> None:
        self.parser = argparse.ArgumentParser(prog=COMMAND, description="An embedded cloud on this machine.")
        self._commands = self.parser.add_subparsers(required=True, metavar="COMMAND")

    def add(self, name: str, run: Command, help_text: str) -> argparse.ArgumentParser:
        """Add a command, and return the parser of its arguments."""
        command = self._commands.add_parser(name, help=help_text, description=help_text)
        command.add_argument("--state", type=Path, default=DEFAULT_STATE, metavar="DIR", help="state folder")
        command.set_defaults(run=run)
        return command


def parser() -> argparse.ArgumentParser:
    """Return the parser, which sets ``run`` to the function of the command."""
    commands = Commands()
    _add_start(commands)
    commands.add("stop", process_commands.stop, "stop the lab and power its machines off")
    commands.add("status", process_commands.show_status, "show the health, the contents and the ports of the lab")
    commands.add("env", process_commands.show_environment, "print the exports that a client of the cloud needs")
    commands.add("reset", process_commands.reset, "delete everything in the lab")
    page = commands.add("open", open_command.run, "show the lab in a browser: servers, jobs, images, requests")
    page.add_argument("--no-browser", action="store_true", help="only print the address")
    _add_records(commands)
    _add_machines(commands)
    return commands.parser


def _add_start(commands: Commands) -> None:
    start = commands.add("start", process_commands.start, "start the lab in the background")
    start.add_argument("--driver", choices=("qemu", "simulated"), help="default: qemu if it is installed")
    start.add_argument("--time-scale", type=_scale, default=1.0, metavar="X", help="lab seconds in a real second")
    start.add_argument("--port", type=int, metavar="N", help="first of seven ports, 0: any free ones (default 9080)")
    start.add_argument("--region", type=_region_name, metavar="NAME", help=f"name of the region ({DEFAULT_REGION})")
    start.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="change a setting or variant")
    start.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="accept requests to this host name too, not only to localhost",
    )
    start.add_argument(
        "--obs-host",
        action="append",
        default=[],
        metavar="NAME",
        help="accept requests to the object store under this name, and to its buckets under BUCKET.NAME",
    )
    start.add_argument("--foreground", action="store_true", help="stay in the foreground")


def _add_records(commands: Commands) -> None:
    journal = commands.add("journal", record_commands.show_journal, "show the requests that the lab processed")
    journal.add_argument("--json", action="store_true", help="one JSON object a line")
    journal.add_argument("--since", type=int, default=0, metavar="SEQ", help="only those after this number")
    journal.add_argument("--clear", action="store_true", help="delete all entries")
    put = commands.add("put", record_commands.put_object, "put a file into the object store")
    put.add_argument("file", type=Path, metavar="FILE")
    put.add_argument("target", metavar="BUCKET/KEY")
    put.add_argument(
        "--md5", metavar="HEX", help="MD5 digest of the file; it is not read or copied if the store has it"
    )
    head = commands.add(
        "head", record_commands.show_object, "print size and ETag of an object as JSON, null if there is none"
    )
    head.add_argument("target", metavar="BUCKET/KEY")


def _add_machines(commands: Commands) -> None:
    boot = commands.add("boot", boot_command.run, "boot an image and show its console")
    boot.add_argument("image", metavar="IMAGE", help=IMAGE_HELP)
    boot.add_argument("--until", metavar="TEXT", help="succeed when the console shows TEXT")
    boot.add_argument("--timeout", type=float, default=300, metavar="S", help="fail after S seconds")
    inspect = commands.add("inspect", inspect_command.run, "show facts and findings on an image without booting it")
    inspect.add_argument("image", metavar="IMAGE", help=IMAGE_HELP)
    inspect.add_argument("--json", action="store_true", help="print all facts and findings as JSON")
    console = commands.add("console", machine_commands.run_console, "show a server's serial console")
    console.add_argument("server", metavar="SERVER", help=SERVER_HELP)
    console.add_argument("--follow", "-f", action="store_true", help="continue until the server is deleted")
    screenshot = commands.add("screenshot", machine_commands.run_screenshot, "save a picture of a server's screen")
    screenshot.add_argument("server", metavar="SERVER", help=SERVER_HELP)
    screenshot.add_argument("file", type=Path, metavar="FILE", help="target of the picture, a PNG file")
    for name, action, help_text in POWER_COMMANDS:
        power = commands.add(name, partial(machine_commands.run_power, action), help_text)
        power.add_argument("server", metavar="SERVER", help=SERVER_HELP)
        if action != "start":
            power.add_argument("--hard", action="store_true", help="act without the guest")


def _scale(text: str) -> float:
    value = float(text)
    if not 0 < value <= MAX_TIME_SCALE:
        raise argparse.ArgumentTypeError(f"must be greater than 0 and at most {MAX_TIME_SCALE:.0f}")
    return value


def _region_name(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,39}", text):
        raise argparse.ArgumentTypeError("must have 1 to 40 small letters, digits and '-', a letter first")
    return text
