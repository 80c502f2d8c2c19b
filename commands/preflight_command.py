"""``make doctor``: the doctor, with the lab's sign-in where the stack is the lab's."""

import os
import sys

from commands.environment import LAB_STACK, lab_settings
from toolchain.paths import PYTHON, ROOT


def main() -> None:
    """Become the doctor; what follows the name of this module are its options."""
    of_lab = "--stack" not in sys.argv or LAB_STACK in sys.argv
    settings = lab_settings() if of_lab else {}
    if of_lab and not settings:
        sys.exit("make doctor: the lab does not run; start it with `make lab-start`")
    environment = {**os.environ, **settings}
    os.chdir(ROOT)
    os.execve(PYTHON, [str(PYTHON), "-m", "preflight", *sys.argv[1:]], environment)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
