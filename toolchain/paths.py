"""Where set-up puts things: in the clone, and in one cache folder."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STATE = ROOT / ".state"
BIN = STATE / "bin"
PULUMI_HOME = STATE / "pulumi" / "home"
PULUMI_STACKS = STATE / "pulumi" / "stacks"
PASSPHRASE = STATE / "pulumi" / "passphrase"
LAB_STATE = STATE / "lab"
PRODUCT = ("components", "config", "huaweicloud", "policy", "preflight", "providers")
"""Packages that a run of a stack executes."""
PROGRAM = ("__main__.py", "Pulumi.yaml", *PRODUCT, ".venv")
"""What a folder has to hold, under the same names, for a stack to be run in it."""
INSTALLER_ISO = STATE / "installer.iso"


def cache_folder() -> Path:
    """The folder that the clones of one user share."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base, "huaweicloud-image-from-iso")
