"""The lab's command line: ``python -m lab start | stop | status | env | ...``."""

import argparse
import json
import os
import re
import shutil
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from lab import daemon
from lab.control_client import Control, segment
from lab.files.copy_progress import with_progress
from lab.files.private_files import private_umask
from lab.machines.machine_commands import Action, change_power, follow_console, show_console
from lab.machines.terminal_text import PrintableStream
from lab.start_options import DEFAULT_REGION, REGION_VARIABLE, DriverName, Options

DEFAULT_STATE = Path(".state/lab")
TRACEBACK_VARIABLE = "LAB_TRACEBACK"
INTERRUPTED = 130  # exit status that shells give a process that ended by Ctrl-C
SERVER_HELP = "a server's id or name, or a unique beginning of either"


POWER_COMMANDS: tuple[tuple[str, Action, str], ...] = (
    ("power-off", "stop", "shut a server down"),
    ("power-on", "start", "start a server that is off"),
    ("reboot", "reboot", "restart a server"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run one command.

    Returns:
        The exit status.
    """
    options = _parser().parse_args(arguments)
    options.state = options.state.absolute()
    with (
        redirect_stdout(cast(Any, PrintableStream(sys.stdout))),
        redirect_stderr(cast(Any, PrintableStream(sys.stderr))),
    ):
        try:
            with private_umask():
                os.environ[REGION_VARIABLE] = _region(options)
                status: int = options.run(options)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(
                os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
            )  # because the interpreter flushes stdout at its end
            return 0
        except (daemon.LabError, OSError) as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            return INTERRUPTED
        except Exception as error:  # a bug of the lab, whose place a developer needs
            if os.environ.get(TRACEBACK_VARIABLE):
                raise
            print(f"error: {type(error).__name__}: {error}; {TRACEBACK_VARIABLE}=1 shows where", file=sys.stderr)
            return 1
        return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab", description="A small Huawei Cloud on this machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    start = _command(commands, "start", _start, "start the lab in the background")
    start.add_argument("--driver", choices=("qemu", "simulated"), help="default: qemu where it is installed")
    start.add_argument("--time-scale", type=_scale, default=1.0, metavar="X", help="lab seconds in a real second")
    start.add_argument("--port", type=int, metavar="N", help="first of seven ports, 0: any free ones (default 9080)")
    start.add_argument("--region", type=_region_name, metavar="NAME", help=f"name of the region ({DEFAULT_REGION})")
    start.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="change a setting or variant")
    start.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="answer to this host name too, not only to localhost",
    )
    start.add_argument("--foreground", action="store_true", help="stay in the foreground")
    _command(commands, "stop", _stop, "stop the lab and power its machines off")
    _command(commands, "status", _status, "show whether the lab runs, and what it holds")
    _command(commands, "env", _env, "print the exports that a client of the cloud needs")
    _command(commands, "reset", _reset, "delete everything in the lab")
    journal = _command(commands, "journal", _journal, "show the requests that the lab answered")
    journal.add_argument("--json", action="store_true", help="one JSON object a line")
    journal.add_argument("--since", type=int, default=0, metavar="SEQ", help="only those after this number")
    journal.add_argument("--clear", action="store_true", help="forget all entries")
    put = _command(commands, "put", _put, "put a file into the object store")
    put.add_argument("file", type=Path, metavar="FILE")
    put.add_argument("target", metavar="BUCKET/KEY")
    put.add_argument("--md5", metavar="HEX", help="its MD5 digest: nothing is read or copied if the store has it")
    head = _command(commands, "head", _head, "print size and ETag of an object as JSON, null if there is none")
    head.add_argument("target", metavar="BUCKET/KEY")
    boot = _command(commands, "boot", _boot, "boot an image and show its console")
    boot.add_argument("image", metavar="IMAGE", help="an image's id or name, or a unique beginning of either")
    boot.add_argument("--until", metavar="TEXT", help="end well when the console shows TEXT")
    boot.add_argument("--timeout", type=float, default=300, metavar="S", help="give up after S seconds")
    console = _command(commands, "console", _console, "show a server's serial console")
    console.add_argument("server", metavar="SERVER", help=SERVER_HELP)
    console.add_argument("--follow", "-f", action="store_true", help="go on until the server is gone")
    screenshot = _command(commands, "screenshot", _screenshot, "save a picture of a server's screen")
    screenshot.add_argument("server", metavar="SERVER", help=SERVER_HELP)
    screenshot.add_argument("file", type=Path, metavar="FILE", help="the picture, a PNG file")
    for name, action, help_text in POWER_COMMANDS:
        power = _command(commands, name, partial(_power, action), help_text)
        power.add_argument("server", metavar="SERVER", help=SERVER_HELP)
        if action != "start":
            power.add_argument("--hard", action="store_true", help="do not ask the guest")
    return parser


def _command(commands: Any, name: str, run: Any, help_text: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=help_text, description=help_text)
    command.add_argument("--state", type=Path, default=DEFAULT_STATE, metavar="DIR", help="state folder")
    command.set_defaults(run=run)
    return command


def _scale(text: str) -> float:
    value = float(text)
    if not 0 < value <= 100_000:
        raise argparse.ArgumentTypeError("must be greater than 0 and at most 100000")
    return value


def _region_name(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,39}", text):
        raise argparse.ArgumentTypeError("must have 1 to 40 small letters, digits and '-', a letter first")
    return text


def _region(options: argparse.Namespace) -> str:
    """Return the region's name; a state folder belongs to one region for good."""
    about = daemon.last_start(options.state)
    kept = about.get("region", DEFAULT_REGION) if about else None
    asked_for = getattr(options, "region", None)
    if kept and asked_for and kept != asked_for:
        raise daemon.LabError(f"the lab in {options.state} is the region {kept}; use another --state for {asked_for}")
    return str(asked_for or kept or DEFAULT_REGION)


def _start(options: argparse.Namespace) -> int:
    driver: DriverName = options.driver or ("qemu" if shutil.which("qemu-system-x86_64") else "simulated")
    region = os.environ[REGION_VARIABLE]
    hosts = tuple(options.allow_host)
    wanted = Options(options.state, driver, options.time_scale, options.port, region, tuple(options.set), hosts)
    if options.foreground:
        daemon.run_in_foreground(wanted)
        return 0
    about = daemon.start(wanted)
    print(f"the lab is ready: driver {about['driver']}, control {about['endpoints']['control']}")
    return 0


def _stop(options: argparse.Namespace) -> int:
    print("the lab is stopped" if daemon.stop(options.state) else "no lab is running")
    return 0


def _status(options: argparse.Namespace) -> int:
    about = daemon.running(options.state)
    if about is None:
        print("no lab is running")
        return 3
    health = Control.of(options.state, about).call("GET", "/health")
    for name, value in {**health, "pid": about["pid"], **about["endpoints"]}.items():
        print(f"{name:16} {value}")
    return 0


def _env(options: argparse.Namespace) -> int:
    from lab.client_environment import (  # imported late: it loads the world, whose constants depend on the region
        environment,
        exports,
        without_proxy,
    )

    settings = environment(options.state, _needed(options)["endpoints"])
    print(exports({**settings, **without_proxy(os.environ)}))
    return 0


def _reset(options: argparse.Namespace) -> int:
    about = daemon.running(options.state)
    daemon.stop(options.state)
    for name in ("compute", "objects"):
        shutil.rmtree(options.state / name, ignore_errors=True)
    for path in options.state.glob("lab.sqlite*"):
        path.unlink()
    if about is not None:
        kept = (about["driver"], about["time_scale"], about["requested_port"], os.environ[REGION_VARIABLE])
        daemon.start(Options(options.state, *kept))
    print("the lab is empty")
    return 0


def _journal(options: argparse.Namespace) -> int:
    control = _control(options)
    if options.clear:
        control.call("DELETE", "/journal")
        return 0
    for entry in control.call("GET", f"/journal?since={options.since}"):
        print(json.dumps(entry) if options.json else _line(entry))
    return 0


def _line(entry: dict[str, Any]) -> str:
    query = f"?{entry['query']}" if entry["query"] else ""
    return (
        f"{entry['seq']:6} {entry['real_time'][11:23]} {entry['service']:4} {entry['status']} "
        f"{entry['duration_ms']:8.1f} ms {entry['method']:6} {entry['path']}{query} {entry['operation']} "
        f"{entry['fault']}"
    ).rstrip()


def _put(options: argparse.Namespace) -> int:
    bucket, _, key = options.target.partition("/")
    if not options.file.is_file() or not key:
        raise daemon.LabError("usage: put FILE BUCKET/KEY, FILE being a file")
    control, path = _control(options), options.file.resolve()
    body = {"path": str(path), "bucket": bucket, "key": key, "md5": options.md5}
    incoming, size = options.state / "objects" / "incoming", path.stat().st_size
    stored = with_progress(lambda: control.call("POST", "/objects", body), incoming, size)
    print(f"{bucket}:{key} {stored['size_bytes']} bytes")
    return 0


def _head(options: argparse.Namespace) -> int:
    print(json.dumps(_control(options).call("GET", f"/objects/{quote(options.target)}")))
    return 0


def _boot(options: argparse.Namespace) -> int:
    from lab.boot_command import boot

    return boot(_control(options), options.image, options.until, options.timeout)


def _console(options: argparse.Namespace) -> int:
    show = follow_console if options.follow else show_console
    show(_control(options), options.server)
    return 0


def _screenshot(options: argparse.Namespace) -> int:
    options.file.write_bytes(_control(options).read("GET", f"/screenshot/{segment(options.server)}"))
    print(f"the screen is in {options.file}")
    return 0


def _power(action: Action, options: argparse.Namespace) -> int:
    change_power(_control(options), options.server, action, getattr(options, "hard", False))
    return 0


def _needed(options: argparse.Namespace) -> dict[str, Any]:
    about = daemon.running(options.state)
    if about is None:
        raise daemon.LabError(f"no lab is running in {options.state}; start one: python -m lab start")
    return about


def _control(options: argparse.Namespace) -> Control:
    return Control.of(options.state, _needed(options))


if __name__ == "__main__":
    sys.exit(main())
