"""Commands for the lab's process: start, stop, status, env, reset."""

import argparse
import os
import shutil
from pathlib import Path

from lab import daemon
from lab.commands.running_lab import description_of
from lab.control_client import Control
from lab.start_options import DEFAULT_REGION, REGION_VARIABLE, DriverName, Options

NOT_RUNNING = 3


def region_of(state: Path, chosen: str | None) -> str:
    """
    Return the region's name; a state folder belongs to one region for good.

    Raises:
        LabError: The state folder belongs to another region than the chosen one.
    """
    about = daemon.last_start(state)
    kept = about.get("region", DEFAULT_REGION) if about else None
    if kept and chosen and kept != chosen:
        raise daemon.LabError(f"the lab in {state} has the region {kept}; use another --state for {chosen}")
    return str(chosen or kept or DEFAULT_REGION)


def start(options: argparse.Namespace) -> int:
    """Start the lab, in the background unless chosen otherwise."""
    driver: DriverName = options.driver or ("qemu" if shutil.which("qemu-system-x86_64") else "simulated")
    region = os.environ[REGION_VARIABLE]
    start_options = Options(
        options.state,
        driver,
        options.time_scale,
        options.port,
        region,
        tuple(options.set),
        tuple(options.allow_host),
        tuple(options.obs_host),
    )
    if options.foreground:
        daemon.run_in_foreground(start_options)
        return 0
    about = daemon.start(start_options)
    print(f"the lab is ready: driver {about['driver']}, control {about['endpoints']['control']}")
    return 0


def stop(options: argparse.Namespace) -> int:
    """Stop the lab and power its machines off."""
    print("the lab has stopped" if daemon.stop(options.state) else "no lab is running")
    return 0


def show_status(options: argparse.Namespace) -> int:
    """Print the health and the endpoints of the running lab."""
    about = daemon.running(options.state)
    if about is None:
        print("no lab is running")
        return NOT_RUNNING
    health = Control.of(options.state, about).call("GET", "/health")
    for name, value in {**health, "pid": about["pid"], **about["endpoints"]}.items():
        print(f"{name:16} {value}")
    return 0


def show_environment(options: argparse.Namespace) -> int:
    """Print shell lines that export the settings of a client."""
    # Imported late: it loads the world, whose constants depend on the region.
    from lab.client_environment import environment, exports, without_proxy

    settings = environment(options.state, description_of(options.state)["endpoints"])
    print(exports({**settings, **without_proxy(os.environ)}))
    return 0


def reset(options: argparse.Namespace) -> int:
    """Delete everything in the lab but its keys, and start it again if it was running."""
    about = daemon.running(options.state)
    daemon.stop(options.state)
    daemon.erase(options.state)
    if about is not None:
        kept = (about["driver"], about["time_scale"], about["requested_port"], os.environ[REGION_VARIABLE])
        daemon.start(Options(options.state, *kept))
    print("the lab is empty")
    return 0
