"""The command ``lab open``, which shows the lab's page in a browser."""

import argparse
import os
import sys
import webbrowser
from html import escape
from pathlib import Path

from lab.commands.running_lab import description_of
from lab.control_client import Control

FILE = "lab.open.html"
"""Private file that leads the browser to the page: everybody can read the arguments of a browser's process."""


def run(options: argparse.Namespace) -> int:
    """Print an address that signs a browser in, and open it if there is a browser."""
    control = Control.of(options.state, description_of(options.state))
    address = control.endpoint + control.call("POST", "/browser/tokens")["path"]
    print(address)
    print("the address works once, within five minutes, on this machine", file=sys.stderr)
    if not options.no_browser and has_desktop():
        webbrowser.open(_leading_file(options.state, address).as_uri())
    return 0


def has_desktop() -> bool:
    """Return True if a browser with a window can be opened; one in the terminal is not wanted."""
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def _leading_file(state: Path, address: str) -> Path:
    path = state / FILE
    path.unlink(missing_ok=True)
    target = escape(address)
    path.write_text(
        f'<!doctype html><meta charset="utf-8"><title>Lab</title><meta http-equiv="refresh" content="0; url={target}">'
        f'<a href="{target}">Open the lab</a>\n'
    )
    return path
