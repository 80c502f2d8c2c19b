"""The Debian packages that virtual machines and the installer ISO need."""

import os
import shutil
import subprocess

from toolchain.paths import ROOT
from toolchain.steps import SetupError, reported, run, say

LIST = ROOT / "toolchain" / "packages.txt"
COMMANDS = ("qemu-system-x86_64", "qemu-img", "xorriso")
# Wait for another apt, but not for a network that is not there.
APT_SETTINGS = ("DPkg::Lock::Timeout=300", "Acquire::http::Timeout=20", "Acquire::https::Timeout=20")
WITHOUT_THEM = "Without QEMU the lab simulates its servers: nothing is really installed or booted."


def install() -> None:
    """Install what is missing, as root on a Debian system; elsewhere say what is missing and how to install it."""
    missing = missing_packages() if shutil.which("dpkg-query") else []
    if missing and os.geteuid() == 0:
        try:
            with reported(f"Debian packages are installed: {' '.join(missing)}"):
                _apt_install(missing)
        except SetupError as error:
            say(f"{error}")


def missing_packages() -> list[str]:
    wanted = LIST.read_text().split()
    query = ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *wanted]
    answer = subprocess.run(query, capture_output=True, text=True).stdout  # fails when one of them is not known
    installed = {line.split()[0] for line in answer.splitlines() if line.endswith(" installed")}
    return [name for name in wanted if name not in installed]


def _apt_install(names: list[str]) -> None:
    options = ["--quiet", *(f"--option={setting}" for setting in APT_SETTINGS)]
    command = ["apt-get", "install", *options, "--yes", "--no-install-recommends", *names]
    variables = {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        run(command, "apt-get install", variables=variables)
    except SetupError:
        # The usual cause in a container: no package lists, or old ones.
        run(["apt-get", "update", *options], "cannot fetch the lists of Debian packages", variables=variables)
        run(command, "cannot install Debian packages", variables=variables)


def warn_of_missing_commands() -> None:
    missing = [command for command in COMMANDS if not shutil.which(command)]
    if missing:
        packages = " ".join(LIST.read_text().split())
        say(f"WARNING: not found: {', '.join(missing)}. {WITHOUT_THEM}")
        say(f"To install them on Debian or Ubuntu: sudo apt-get install --no-install-recommends {packages}")
