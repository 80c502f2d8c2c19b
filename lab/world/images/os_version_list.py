"""The documented operating system versions (`__os_version`)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class OsVersion:
    platform: str
    version: str
    bit: int
    os_type: str


def _versions(platform: str, pattern: str, numbers: str, os_type: str = "Linux", bit: int = 64) -> list[OsVersion]:
    return [OsVersion(platform, pattern.format(v=v, bit=bit), bit, os_type) for v in numbers.split("|")]


_WINDOWS = (
    "10|Server 2019 Standard|Server 2019 Datacenter|Server 2016 Standard|Server 2016 Datacenter"
    "|Server 2012 R2 Standard|Server 2012 R2 Datacenter|Server 2012 Standard|Server 2012 Datacenter"
    "|Server 2012 Essentials R2|Server 2008 R2 Standard|Server 2008 R2 Enterprise|Server 2008 R2 Datacenter"
    "|Server 2008 R2 WEB"
)

OS_VERSIONS: dict[str, OsVersion] = {
    version.version: version
    for version in [
        *_versions(
            "Ubuntu",
            "Ubuntu {v} server {bit}bit",
            "24.04|22.04|20.04|19.04|18.04|18.04.1|18.04.2|16.04|16.04.2|16.04.3|16.04.4|16.04.5|16.04.6"
            "|14.04|14.04.1|14.04.3|14.04.4|14.04.5",
        ),
        *_versions("Ubuntu", "Ubuntu {v} server {bit}bit", "14.04|14.04.1|14.04.3|14.04.4", bit=32),
        *_versions(
            "Debian",
            "Debian GNU/Linux {v} 64bit",
            "10.0.0|9.3.0|9.0.0|8.10.0|8.8.0|8.7.0|8.6.0|8.5.0|8.4.0|8.2.0|8.1.0",
        ),
        *_versions(
            "CentOS",
            "CentOS {v} {bit}bit",
            "8.2|8.1|8.0|7.9|7.8|7.7|7.6|7.5|7.4|7.3|7.2|7.1|7.0|6.10|6.9|6.8|6.7|6.6|6.5|6.4|6.3",
        ),
        *_versions("CentOS", "CentOS {v} {bit}bit", "7.0|6.10|6.7|6.6|6.5|6.4|6.3", bit=32),
        *_versions("Windows", "Windows {v} 64bit", _WINDOWS, "Windows"),
        *_versions(
            "SUSE",
            "SUSE Linux Enterprise Server {v} 64bit",
            "15 SP1|15|12 SP5|12 SP4|12 SP3|12 SP2|12 SP1|11 SP4|11 SP3",
        ),
        *_versions("OpenSUSE", "openSUSE {v} 64bit", "15.0|42.3|42.2|42.1|13.2|11.3"),
        *_versions(
            "RedHat",
            "Redhat Linux Enterprise {v} 64bit",
            "8.0|7.6|7.5|7.4|7.3|7.2|7.1|7.0|6.10|6.9|6.8|6.7|6.6|6.5|6.4",
        ),
        *_versions(
            "Oracle Linux",
            "Oracle Linux Server release {v} 64bit",
            "7.6|7.5|7.4|7.3|7.2|7.1|7.0|6.10|6.9|6.8|6.7|6.5",
        ),
        *_versions("Fedora", "Fedora {v} 64bit", "30|29|28|27|26|25|24|23|22"),
        *_versions("EulerOS", "EulerOS {v} 64bit", "2.9|2.5|2.3|2.2|2.1"),
        *_versions("openEuler", "openEuler {v} 64bit", "20.03"),
        # Not documented: the names of the three NeoKylin versions, so the lab has none of them.
        OsVersion("Other", "Other(32 bit)", 32, "Other"),
        OsVersion("Other", "Other(64 bit)", 64, "Other"),
        OsVersion("Other", "Other Linux(64 bit)", 64, "Linux"),
    ]
}

ARM_PLATFORMS = ("Ubuntu", "Debian", "CentOS", "EulerOS", "openEuler", "SUSE", "Fedora", "Other")
BMS_PLATFORMS = ("Ubuntu", "CentOS", "SUSE", "RedHat", "Oracle Linux", "EulerOS", "Windows", "Debian")


def has_tag(version: OsVersion, tag: str) -> bool:
    """
    Return True if the version list has this version under a query tag.

    Not documented: the versions under each tag.
    """
    if tag == "arm":
        return version.platform in ARM_PLATFORMS and version.bit == 64
    if tag == "bms":
        return version.platform in BMS_PLATFORMS and version.bit == 64
    if tag == "uefi":
        return version.bit == 64
    return tag in ("x86", "kvm")
