"""Preflight of a stack with the sign-in of the lab if the stack is the lab's (`make doctor`)."""

import os
import sys

from commands.environment import LAB_STACK, lab_settings
from toolchain.paths import PYTHON, ROOT


def main() -> None:
    """Replace this process by the preflight, with the options of this command."""
    of_lab = "--stack" not in sys.argv or LAB_STACK in sys.argv
    settings = lab_settings() if of_lab else {}
    if of_lab and not settings:
        sys.exit("make doctor: the lab is not running; start it with `make lab-start`")
    environment = {**os.environ, **settings}
    os.chdir(ROOT)
    os.execve(PYTHON, [str(PYTHON), "-m", "preflight", *sys.argv[1:]], environment)  # noqa: S606 - without a shell


if __name__ == "__main__":
    main()
