"""Findings in the console text of a guest that does not pass its test: what kept it from doing so."""

from __future__ import annotations

import re

from huaweicloud.printable import last_written, printable_line

WIDTH = 160
FINDINGS = (
    (
        "the guest found no system on its disk",
        r"No bootable device|no bootable disk|Boot failed: not a bootable disk|BootDevice.*Not Found|"
        r"Failed to load Boot\d+.*Not Found",
    ),
    (
        "the guest did not find its root file system, which must not be named by a device such as /dev/vdb1",
        r"Unable to mount root fs|Gave up waiting for root|ALERT!\s+.* does not exist|"
        r"dracut-initqueue.*timeout|Timed out waiting for device .*dev",
    ),
    ("its kernel stopped", r"Kernel panic - not syncing"),
    ("the guest waits in a rescue shell", r"grub rescue>|\(initramfs\)|emergency mode|Give root password"),
    (
        "the guest has no network",
        r"Network is unreachable|No DHCPOFFERS received|No working leases|"
        r"(?:wait-online|Wait for Network).*(?:[Ff]ailed|[Tt]imeout)|Failed to start .*(?:[Nn]etwork|DHCP)|"
        r"ci-info: \|\s*(?:eth|ens|enp)\w*\s*\|\s*False",
    ),
    (
        "its cloud-init reached no data source",
        r"DataSourceNone|No instance datasource found|"
        r"169\.254\.169\.254.*(?:failed|[Tt]imed? ?out|refused|unreachable)",
    ),
)
"""Phrases with the patterns of the lines that they follow from; the first one that applies is the cause of the others.

Not documented: the console shows what the guest writes, so these are texts of GRUB, SeaBIOS, OVMF, Linux, Debian's and
dracut's initramfs, systemd, NetworkManager, dhclient and cloud-init.
"""


def of_console(text: str) -> str:
    """
    Return what a console says about a failure, as a phrase with the line that it follows from; "" if nothing is known.

    Args:
        text: Text of the console.
    """
    lines = [printable_line(last_written(line), WIDTH) for line in text.split("\n")]
    for phrase, pattern in FINDINGS:
        for line in lines:
            if re.search(pattern, line):
                return f"{phrase}: its console says {line!r}"
    return ""
