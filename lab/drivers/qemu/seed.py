"""A server's user data on a small drive for its guest, in the form of cloud-init's data source NoCloud."""

import json
import shutil
import tempfile
from pathlib import Path

from lab.drivers.interface import Machine
from lab.drivers.qemu.programs import run_program

VOLUME_NAME = "cidata"


def write_seed(machine: Machine, path: Path) -> bool:
    """Write the drive's file; return False if there is no user data, or no program to write an ISO with."""
    if machine.user_data is None or shutil.which("xorriso") is None:
        return False
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "user-data").write_bytes(machine.user_data)
        identity = {"instance-id": machine.server_id, "local-hostname": machine.name}
        Path(directory, "meta-data").write_text(json.dumps(identity))
        names = ("-V", VOLUME_NAME, "-o", str(path))
        command = ["xorriso", "-as", "mkisofs", "-quiet", "-r", "-J", *names, directory]
        run_program(command, timeout_s=60)
    path.chmod(0o600)
    return True
