"""Debian packages that virtual machines and the installer ISO require."""

import os
import shutil
import subprocess

from toolchain.paths import ROOT
from toolchain.steps import SetupError, reported, run, say

LIST = ROOT / "toolchain" / "packages.txt"
COMMANDS = ("qemu-system-x86_64", "qemu-img", "xorriso")
# Wait for another apt process, but not for a missing network.
APT_SETTINGS = ("DPkg::Lock::Timeout=300", "Acquire::http::Timeout=20", "Acquire::https::Timeout=20")
WITHOUT_THEM = "Without QEMU the lab simulates its servers, and no operating system is installed or booted."


def install() -> None:
    """Install missing packages on a Debian system as root; elsewhere warn_of_missing_commands() reports them."""
    missing = missing_packages() if shutil.which("dpkg-query") else []
    if missing:
        install_if_permitted(missing)


def install_if_permitted(names: list[str]) -> None:
    """Install packages on a Debian system as root, and report a failure; do nothing elsewhere."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        try:
            with reported(f"Debian packages are installed: {' '.join(names)}"):
                _apt_install(names)
        except SetupError as error:
            say(f"{error}")


def missing_packages() -> list[str]:
    """Return the names of required packages that are not installed."""
    wanted = LIST.read_text().split()
    query = ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *wanted]
    answer = subprocess.run(query, capture_output=True, text=True).stdout  # which fails if a package is unknown
    installed = {line.split()[0] for line in answer.splitlines() if line.endswith(" installed")}
    return [name for name in wanted if name not in installed]


def _apt_install(names: list[str]) -> None:
    options = ["--quiet", *(f"--option={setting}" for setting in APT_SETTINGS)]
    command = ["apt-get", "install", *options, "--yes", "--no-install-recommends", *names]
    variables = {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        run(command, "apt-get install", variables=variables)
    except SetupError:
        # In a container, package lists are usually missing or outdated.
        run(["apt-get", "update", *options], "cannot fetch the lists of Debian packages", variables=variables)
        run(command, "cannot install Debian packages", variables=variables)


def warn_of_missing_commands() -> None:
    """Report missing commands and how to install them."""
    missing = [command for command in COMMANDS if not shutil.which(command)]
    if missing:
        packages = " ".join(LIST.read_text().split())
        say(f"WARNING: not found: {', '.join(missing)}. {WITHOUT_THEM}")
        say(f"To install them on Debian or Ubuntu: sudo apt-get install --no-install-recommends {packages}")
