"""Configuration of the network: DHCP, fixed addresses, and cards that are known by name or by MAC address."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from lab.inspection.disk.guest_files import GuestFiles
from lab.inspection.findings import BOOT_IT, MAX_LISTED, Inspection
from lab.inspection.system.guest import Guest

MAC = r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}"
KEYED_BY_PATH = re.compile(r"en[psox]\w+\Z")
UDEV_RULES = "/etc/udev/rules.d/*.rules"
NAME_RULE = re.compile(rf'ATTR\{{address\}}=="{MAC}"', re.IGNORECASE)
LINKS = ("/etc/systemd/network/99-default.link", "/etc/udev/rules.d/80-net-setup-link.rules")
CLIENTS = re.compile(r"^(?!.*kill)[^#\n]*\b(?:udhcpc|dhclient|dhcpcd)\b", re.MULTILINE)
SCRIPTS = ("/etc/init.d/*", "/etc/inittab", "/etc/rc.local")
NETWORK_MANAGERS = ("/usr/sbin/NetworkManager", "/usr/bin/NetworkManager")


@dataclass
class Configuration:
    """
    Settings of one file.

    Attributes:
        path: Path of the file.
        uses_dhcp: True if a card gets its address by DHCP.
        addresses: Fixed addresses.
        cards: Names of cards.
        mac_addresses: MAC addresses by which cards are known.
    """

    path: str
    uses_dhcp: bool = False
    addresses: list[str] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)
    mac_addresses: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for values in (self.addresses, self.cards, self.mac_addresses):
            del values[MAX_LISTED:]


def check_network(guest: Guest, inspection: Inspection) -> None:
    """Report the configuration of the network."""
    found = list(islice(filter(_is_used, _configurations(guest.files)), MAX_LISTED))
    has_kernel_names = any("net.ifnames=0" in entry.arguments for entry in guest.entries) or any(
        guest.files.link(path) == "/dev/null" for path in LINKS
    )
    inspection.state(
        "network", {"configurations": [vars(each) for each in found], "has_kernel_names": has_kernel_names}
    )
    for configuration in found:
        _check_configuration(configuration, inspection)
    if not any(configuration.uses_dhcp for configuration in found):
        _report_missing_dhcp(guest, inspection)


def _is_used(configuration: Configuration) -> bool:
    return any(vars(configuration)[name] for name in ("uses_dhcp", "addresses", "cards", "mac_addresses"))


def _check_configuration(configuration: Configuration, inspection: Inspection) -> None:
    path = configuration.path
    if configuration.addresses:
        inspection.report(
            "error",
            "fixed-address",
            f"{path} sets a fixed address ({configuration.addresses[0]}), which a new server does not have.",
            "Use DHCP, by which the cloud assigns the address of the server's port.",
        )
    if configuration.mac_addresses:
        inspection.report(
            "error",
            "mac-address",
            f"{path} knows a network card by its MAC address ({configuration.mac_addresses[0]}), which each server has"
            " another of.",
            "Delete the rule, or let it match any card.",
        )
    for card in configuration.cards:
        if KEYED_BY_PATH.match(card):
            inspection.report(
                "warning",
                "card-name",
                f"{path} names the network card {card}. The name follows from the card's PCI address, which may differ"
                " on a new server.",
                "Match any card (en*), or use the kernel argument net.ifnames=0 and eth0.",
            )


def _report_missing_dhcp(guest: Guest, inspection: Inspection) -> None:
    if guest.has_cloud_init or any(guest.files.is_file(path) for path in NETWORK_MANAGERS):
        inspection.report(
            "note",
            "no-dhcp",
            "No file configures DHCP; cloud-init or NetworkManager is installed, and does so by default.",
            BOOT_IT,
        )
        return
    inspection.report(
        "warning",
        "no-dhcp",
        "No configuration of a network card with DHCP was found.",
        "Configure DHCP for the first card: the cloud assigns addresses by DHCP.",
    )


def _configurations(files: GuestFiles) -> Iterator[Configuration]:
    readers = (
        (("/etc/network/interfaces", "/etc/network/interfaces.d/*"), _interfaces),
        (("/etc/netplan/*.yaml", "/etc/netplan/*.yml"), _netplan),
        (("/etc/systemd/network/*.network", "/etc/systemd/network/*.link"), _networkd),
        (("/etc/NetworkManager/system-connections/*",), _network_manager),
        (("/etc/sysconfig/network-scripts/ifcfg-*", "/etc/sysconfig/network/ifcfg-*"), _ifcfg),
        ((UDEV_RULES,), _udev_rules),
        (SCRIPTS, _script),
    )
    for patterns, read in readers:
        for path in (path for pattern in patterns for path in files.glob(pattern)):
            text = files.text(path)
            if text is not None and not path.endswith("ifcfg-lo"):
                yield read(path, re.sub(r"^[ \t]*#.*$", "", text, flags=re.MULTILINE))


def _interfaces(path: str, text: str) -> Configuration:
    stanzas = re.findall(r"^[ \t]*iface[ \t]+(\S+)[ \t]+inet[ \t]+(\S+)", text, re.MULTILINE)
    cards = [card for card, _ in stanzas if card != "lo"]
    addresses = re.findall(r"^[ \t]*address[ \t]+([\d.]+\S*)", text, re.MULTILINE)
    return Configuration(path, any(method == "dhcp" for _, method in stanzas), addresses, cards)


def _netplan(path: str, text: str) -> Configuration:
    uses_dhcp = re.search(r"\bdhcp4:\s*(?:true|yes|on)\b", text, re.IGNORECASE) is not None
    addresses = re.findall(r"(?:-\s*|\[\s*|,\s*)[\"']?(\d+(?:\.\d+){3}/\d+)", text)
    cards = re.findall(r"^[ \t]+((?:en|eth|wl)\w*):[ \t]*$", text, re.MULTILINE)
    macs = re.findall(rf"\bmacaddress:\s*[\"']?({MAC})", text, re.IGNORECASE)
    return Configuration(path, uses_dhcp, addresses, cards, macs)


def _networkd(path: str, text: str) -> Configuration:
    uses_dhcp = re.search(r"^DHCP=(?:yes|true|on|1|ipv4|both)\s*$", text, re.MULTILINE) is not None
    addresses = re.findall(r"^Address=([\d.]+\S*)", text, re.MULTILINE)
    cards = [card for line in re.findall(r"^Name=(.*)$", text, re.MULTILINE) for card in line.split()]
    macs = re.findall(rf"^(?:Permanent)?MACAddress=({MAC})", text, re.MULTILINE | re.IGNORECASE)
    return Configuration(path, uses_dhcp, addresses, cards, macs)


def _network_manager(path: str, text: str) -> Configuration:
    ipv4 = re.search(r"^\[ipv4\]\s*$([^\[]*)", text, re.MULTILINE)
    section = ipv4[1] if ipv4 else ""
    method = re.search(r"^method=(\w+)", section, re.MULTILINE)
    addresses = re.findall(r"^address\d*=([\d.]+[^,;\s]*)", section, re.MULTILINE)
    cards = re.findall(r"^interface-name=(\S+)", text, re.MULTILINE)
    macs = re.findall(rf"^mac-address=({MAC})", text, re.MULTILINE | re.IGNORECASE)
    return Configuration(path, method is None or method[1] == "auto", addresses, cards, macs)


def _ifcfg(path: str, text: str) -> Configuration:
    settings = {
        name.strip(): value.strip().strip("\"'").lower()
        for name, separator, value in (line.partition("=") for line in text.splitlines())
        if separator
    }
    addresses = [settings[name] for name in ("IPADDR", "IPADDR0") if settings.get(name)]
    cards = [settings["DEVICE"]] if settings.get("DEVICE") else []
    macs = [settings["HWADDR"]] if re.fullmatch(MAC, settings.get("HWADDR", "")) else []
    return Configuration(path, "dhcp" in settings.get("BOOTPROTO", ""), addresses, cards, macs)


def _udev_rules(path: str, text: str) -> Configuration:
    rules = [line for line in text.splitlines() if NAME_RULE.search(line) and "NAME=" in line]
    macs = [found[0] for line in rules if (found := re.search(MAC, line, re.IGNORECASE))]
    return Configuration(path, mac_addresses=macs)


def _script(path: str, text: str) -> Configuration:
    return Configuration(path, uses_dhcp=CLIENTS.search(text) is not None)
