"""Everything in a system that must be of each server alone, and what the system is: name, time zone, packages."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from lab.inspection.disk.guest_files import GuestFiles
from lab.inspection.disk.limits import MIB
from lab.inspection.findings import MAX_LIST_ITEMS, Inspection
from lab.inspection.system.cloud_init import configuration_of
from lab.inspection.system.guest import Guest

MACHINE_ID = "/etc/machine-id"
DBUS_MACHINE_ID = "/var/lib/dbus/machine-id"
HOST_KEYS = "/etc/ssh/ssh_host_*_key"
KEPT_KEYS = re.compile(r"^ssh_deletekeys:[ \t]*(?:false|no|off|0)\b", re.MULTILINE | re.IGNORECASE)
TIME_ZONE_LINK = "/etc/localtime"
ZONES = "/zoneinfo/"
DPKG_STATUS = "/var/lib/dpkg/status"
DPKG_BYTES = 16 * MIB
RPM_DATABASES = (
    *("/var/lib/rpm/rpmdb.sqlite", "/var/lib/rpm/Packages", "/var/lib/rpm/Packages.db"),
    *("/usr/lib/sysimage/rpm/rpmdb.sqlite", "/usr/lib/sysimage/rpm/Packages.db"),
)
APK_DATABASE = "/lib/apk/db/installed"


def check_identity(guest: Guest, inspection: Inspection) -> None:
    """Report the identity of the system, and secrets that all servers from the image would share."""
    files = guest.files
    inspection.state("operating_system", _os_name(files))
    inspection.state("time_zone", _time_zone(files))
    inspection.state("packages", _packages(files))
    _check_machine_id(files, inspection)
    _check_host_keys(guest, inspection)


def _os_name(files: GuestFiles) -> str | None:
    text = files.text("/etc/os-release") or files.text("/usr/lib/os-release") or ""
    names = dict(line.partition("=")[::2] for line in text.splitlines())
    name = names.get("PRETTY_NAME") or names.get("NAME")
    return name.strip("\"'") if name else None


def _check_machine_id(files: GuestFiles, inspection: Inspection) -> None:
    text = files.text(MACHINE_ID)
    value = (text or "").strip()
    state = "missing" if text is None else value if value in ("", "uninitialized") else "set"
    inspection.state("machine_id", state or "empty")
    if state == "set":
        inspection.report(
            "warning",
            "machine-id",
            f"{MACHINE_ID} has a value, which all servers from the image share: they get the same address by some DHCP"
            " clients, and the same identity in logs.",
            f"Empty the file before the capture: truncate -s 0 {MACHINE_ID}",
        )
    elif (files.text(DBUS_MACHINE_ID) or "").strip() and files.link(DBUS_MACHINE_ID) is None:
        inspection.report(
            "warning",
            "machine-id",
            f"{DBUS_MACHINE_ID} has a value, which all servers from the image share.",
            f"Delete the file before the capture: rm {DBUS_MACHINE_ID}",
        )


def _check_host_keys(guest: Guest, inspection: Inspection) -> None:
    keys = guest.files.glob(HOST_KEYS)
    inspection.state("ssh_host_keys", keys)
    if not keys:
        return
    replaces = guest.has_cloud_init and KEPT_KEYS.search(configuration_of(guest.files)) is None
    why = "cloud-init replaces them at the first start" if replaces else "nothing replaces them"
    inspection.report(
        "note" if replaces else "error",
        "host-keys",
        f"The image contains {len(keys)} private host {'key' if len(keys) == 1 else 'keys'} of SSH, which all its"
        f" servers would share ({why}).",
        f"Delete them before the capture, and let the first start create new ones: rm {HOST_KEYS}*",
    )


def _time_zone(files: GuestFiles) -> str | None:
    """Return the name of the time zone; None: not set, which means UTC."""
    named = (files.text("/etc/timezone") or "").strip()
    target = files.link(TIME_ZONE_LINK) or ""
    return target.rpartition(ZONES)[2] if ZONES in target else named or None


def _packages(files: GuestFiles) -> dict[str, Any]:
    """Return the kind of the package database, and its packages if it is a text."""
    status = files.text(DPKG_STATUS, DPKG_BYTES)
    if status is not None:
        return _listed("dpkg", list(islice(_dpkg_packages(status), MAX_LIST_ITEMS)))
    database = next((path for path in RPM_DATABASES if files.is_file(path)), None)
    if database is not None:
        return {"manager": "rpm", "database": database, "count": None, "installed": []}
    installed = files.text(APK_DATABASE, DPKG_BYTES)
    if installed is not None:
        found = islice(re.finditer(r"^P:(.*)\nV:(.*)$", installed, re.MULTILINE), MAX_LIST_ITEMS)
        return _listed("apk", [{"name": each[1], "version": each[2]} for each in found])
    return {"manager": None, "count": None, "installed": []}


def _listed(manager: str, packages: list[dict[str, str]]) -> dict[str, Any]:
    return {"manager": manager, "count": len(packages), "installed": packages}


def _dpkg_packages(status: str) -> Iterator[dict[str, str]]:
    for paragraph in status.split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version|Status): (.*)$", paragraph, re.MULTILINE))
        if fields.get("Status", "").endswith(" installed") and "Package" in fields:
            yield {"name": fields["Package"], "version": fields.get("Version", "")}
