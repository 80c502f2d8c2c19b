"""The initialization of servers by cloud-init: installation, data sources, and traces of an earlier server."""

import re

from lab.inspection.disk.guest_files import GuestFiles
from lab.inspection.findings import Inspection
from lab.inspection.system.guest import Guest

PROGRAMS = ("/usr/bin/cloud-init", "/usr/local/bin/cloud-init", "/bin/cloud-init")
CONFIGURATIONS = ("/etc/cloud/cloud.cfg", "/etc/cloud/cloud.cfg.d/*.cfg")
DISABLING_FILE = "/etc/cloud/cloud-init.disabled"
DISABLING_ARGUMENT = "cloud-init=disabled"
INSTANCE = "/var/lib/cloud/instance"
LIST = re.compile(r"^datasource_list:[ \t]*(?:\[([^\]]{0,1000})\]|((?:\n[ \t]*-[^\n]{0,100}){1,50}))", re.MULTILINE)
USABLE = {"openstack", "configdrive", "ec2"}
"""Data sources that read the metadata service of the cloud, or its configuration drive."""


def check_cloud_init(guest: Guest, inspection: Inspection) -> None:
    """Report cloud-init, without which a server cannot take user data, key pairs and passwords."""
    files = guest.files
    configuration = configuration_of(files)
    is_installed = bool(configuration) or any(files.is_file(path) for path in PROGRAMS)
    is_disabled = files.find(DISABLING_FILE) is not None or any(
        DISABLING_ARGUMENT in entry.arguments for entry in guest.entries
    )
    sources = _data_sources(configuration)
    guest.has_cloud_init = is_installed and not is_disabled
    inspection.state("cloud_init", {"is_installed": is_installed, "is_disabled": is_disabled, "data_sources": sources})
    if not is_installed:
        inspection.report(
            "warning",
            "no-cloud-init",
            "cloud-init is not installed: servers ignore user data, key pairs and passwords that they are given.",
            "Install cloud-init, or log in with what the image contains.",
        )
    elif is_disabled:
        inspection.report(
            "warning",
            "cloud-init-disabled",
            "cloud-init is installed and disabled, so servers ignore user data.",
            f"Delete {DISABLING_FILE} and the argument {DISABLING_ARGUMENT}.",
        )
    elif sources and USABLE.isdisjoint(source.lower() for source in sources):
        inspection.report(
            "warning",
            "cloud-init-sources",
            f"cloud-init has no data source of the cloud: {', '.join(sources)}.",
            "Add OpenStack to datasource_list.",
        )
    if files.find(INSTANCE, follow=False) is not None:
        inspection.report(
            "note",
            "cloud-init-instance",
            f"cloud-init has already run in this system: {INSTANCE} exists.",
            "Run cloud-init clean before the capture.",
        )


def configuration_of(files: GuestFiles) -> str:
    """Return the configuration of cloud-init, empty if there is none."""
    paths = [path for pattern in CONFIGURATIONS for path in files.glob(pattern)]
    return "\n".join(files.text(path) or "" for path in paths)


def _data_sources(configuration: str) -> list[str]:
    """Return the data sources of the last list in a configuration."""
    lists = list(LIST.finditer(configuration))
    if not lists:
        return []
    listed = lists[-1][1] or lists[-1][2].replace("\n", ",").replace("- ", "")
    return [name.strip().strip("\"'-").strip() for name in listed.split(",") if name.strip()]
