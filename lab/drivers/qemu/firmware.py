"""UEFI firmware for guests, found by the descriptions that distributions install with it."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from lab.drivers.interface import DriverError

# Folders of descriptions by QEMU's interoperability specification (docs/interop/firmware.json), in its order.
DESCRIPTIONS = (Path("/etc/qemu/firmware"), Path("/usr/share/qemu/firmware"))
UNWANTED_FEATURES = {"secure-boot", "requires-smm", "enrolled-keys"}


@dataclass(frozen=True)
class UefiFirmware:
    """Code of the firmware, and the empty store of variables that every machine gets a copy of."""

    code: Path
    variables: Path


def prepare_uefi(variables: Path) -> Path:
    """
    Return the firmware's code, and create a machine's own store of variables, which lasts as long as the server.

    Args:
        variables: File of the store; an existing one stays as it is.

    Raises:
        DriverError: No firmware is installed.
    """
    firmware = find_uefi()
    if not variables.exists():
        shutil.copyfile(firmware.variables, variables)
    return firmware.code


def find_uefi() -> UefiFirmware:
    """
    Find UEFI firmware for x86 machines, without Secure Boot.

    Raises:
        DriverError: None is installed.
    """
    for folder in DESCRIPTIONS:
        for file in sorted(folder.glob("*.json")):
            firmware = _read(file)
            if firmware is not None:
                return firmware
    raise DriverError("a UEFI server needs UEFI firmware for QEMU; on Debian: apt-get install ovmf")


def _read(file: Path) -> UefiFirmware | None:
    try:
        description = json.loads(file.read_text())
        mapping = description["mapping"]
        targets = [(target["architecture"], target["machines"]) for target in description["targets"]]
        suits = any(name == "x86_64" and any("i440fx" in m for m in machines) for name, machines in targets)
        plain = not UNWANTED_FEATURES.intersection(description["features"])
        if "uefi" not in description["interface-types"] or not suits or not plain:
            return None
        found = UefiFirmware(Path(mapping["executable"]["filename"]), Path(mapping["nvram-template"]["filename"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if os.access(found.code, os.R_OK) and os.access(found.variables, os.R_OK) else None
