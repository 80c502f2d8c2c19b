"""Paths of everything that set-up creates: in the clone, and in one cache folder."""

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
PRODUCT = ("components", "config", "huaweicloud", "iso", "policy", "preflight", "providers")
"""Packages that a run of a stack executes."""
PROGRAM = ("__main__.py", "Pulumi.yaml", *PRODUCT, ".venv")
"""Files and folders that a folder must contain, under the same names, to run a stack in it."""
INSTALLER_ISO = STATE / "installer.iso"


def cache_folder() -> Path:
    """Return the folder that all clones of a user share."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base, "huaweicloud-image-from-iso")
