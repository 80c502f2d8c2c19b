"""Chromium and its driver from Debian, for the tests of the lab's page (`make test-console`)."""

import shutil
import sys

from toolchain import debian_packages

PACKAGES = {"chromium": "chromium", "chromedriver": "chromium-driver"}
"""Package of each required command."""


def main() -> int:
    """Install what is missing as root on Debian, and return 0 if all commands exist."""
    if missing():
        debian_packages.install_if_permitted(missing())
    if not missing():
        return 0
    print(f"the tests of the lab's page need Chromium; missing packages: {' '.join(missing())}", file=sys.stderr)
    print(f"to install them on Debian: sudo apt-get install {' '.join(missing())}", file=sys.stderr)
    return 1


def missing() -> list[str]:
    """Return the packages of the commands that are not installed."""
    return [package for command, package in PACKAGES.items() if not shutil.which(command)]


if __name__ == "__main__":
    sys.exit(main())
