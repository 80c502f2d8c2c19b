"""Findings on the network configuration of installed systems."""

from pathlib import Path

import pytest

from tests.lab.inspection.guest_disks import (
    GuestDisk,
    inspected,
    message,
    rules,
)

FIXED = {
    "etc/network/interfaces": "iface eth0 inet static\n  address 192.168.0.10/24\n",
    "etc/netplan/50.yaml": "network:\n  ethernets:\n    eth0:\n      addresses: [192.168.0.10/24]\n",
    "etc/systemd/network/10.network": "[Match]\nName=eth0\n[Network]\nAddress=192.168.0.10/24\n",
    "etc/NetworkManager/system-connections/a.nmconnection": "[ipv4]\nmethod=manual\naddress1=192.168.0.10/24\n",
    "etc/sysconfig/network-scripts/ifcfg-eth0": "DEVICE=eth0\nBOOTPROTO=static\nIPADDR=192.168.0.10\n",
}
DYNAMIC = {
    "etc/network/interfaces": "iface eth0 inet dhcp\n",
    "etc/netplan/50.yaml": "network:\n  ethernets:\n    any:\n      match: {name: 'en*'}\n      dhcp4: true\n",
    "etc/systemd/network/10.network": "[Match]\nName=en*\n[Network]\nDHCP=yes\n",
    "etc/NetworkManager/system-connections/a.nmconnection": "[ipv4]\nmethod=auto\n",
    "etc/sysconfig/network-scripts/ifcfg-eth0": "DEVICE=eth0\nBOOTPROTO=dhcp\n",
    "etc/init.d/network": "#!/bin/sh\nudhcpc -i eth0\n",
}


@pytest.mark.parametrize("path", FIXED)
def test_a_fixed_address_is_found_in_every_kind_of_configuration(disk: GuestDisk, tmp_path: Path, path: str) -> None:
    disk.files["etc/network/interfaces"] = "iface eth0 inet dhcp\n"
    disk.files[path] = FIXED[path]

    inspection = inspected(disk.write(tmp_path))

    assert "error" == rules(inspection)["fixed-address"]
    assert "192.168.0.10" in message(inspection, "fixed-address")


@pytest.mark.parametrize("path", DYNAMIC)
def test_dhcp_is_found_in_every_kind_of_configuration(disk: GuestDisk, tmp_path: Path, path: str) -> None:
    del disk.files["etc/network/interfaces"]
    disk.files[path] = DYNAMIC[path]

    assert {} == rules(inspected(disk.write(tmp_path)))


@pytest.mark.parametrize(
    ("path", "text", "rule", "severity"),
    [
        ("etc/network/interfaces", "iface enp0s3 inet dhcp\n", "card-name", "warning"),
        (
            "etc/udev/rules.d/70-persistent-net.rules",
            'SUBSYSTEM=="net", ATTR{address}=="fa:16:3e:00:00:01", NAME="eth0"\n',
            "mac-address",
            "error",
        ),
        ("etc/sysconfig/network-scripts/ifcfg-eth0", "HWADDR=FA:16:3E:00:00:01\n", "mac-address", "error"),
        ("etc/systemd/network/10.link", "[Match]\nMACAddress=fa:16:3e:00:00:01\n", "mac-address", "error"),
    ],
)
def test_cards_that_are_known_by_what_differs_on_each_server_are_found(
    disk: GuestDisk, tmp_path: Path, path: str, text: str, rule: str, severity: str
) -> None:
    disk.files[path] = text

    assert {rule: severity} == rules(inspected(disk.write(tmp_path)))


def test_a_system_without_a_network_configuration_is_found(disk: GuestDisk, tmp_path: Path) -> None:
    disk.files = {name: content for name, content in disk.files.items() if "cloud" not in name}
    del disk.files["etc/network/interfaces"]

    assert {"no-cloud-init": "warning", "no-dhcp": "warning"} == rules(inspected(disk.write(tmp_path)))
