"""Inputs of resources without violations, which a test changes."""

from typing import Any

from policy.rule import (
    CapturedImage,
    ImageVerification,
    IsoImage,
    OsInstallation,
    Preflight,
    StackResource,
    TempServer,
    TempServerTeardown,
    VerificationTeardown,
)

SERVER: dict[str, Any] = {
    "region": "lab-1",
    "build_id": "0123456789abcdef",
    "name": "debian",
    "flavor": "s6.large.2",
    "flavor_details": {
        "vcpus": 2.0,
        "ram_mib": 4096.0,
        "performance_type": "normal",
        "virtualization": "KVM",
        "architecture": "x86",
        "status": "normal",
    },
    "availability_zone": "lab-1a",
    "volume_types": {"SSD": "on sale", "SAS": "on sale", "SATA": "sold out", "ESSD": "absent"},
    "iso_image_id": "an-iso-image",
    "iso_image_details": {"min_disk": 10.0, "architecture": "x86", "hw_firmware_type": "bios", "status": "active"},
    "vpc_id": "a-vpc",
    "subnet_id": "a-subnet",
    "security_group_ids": ["a-group"],
    "root_volume": {"volumetype": "SSD", "size": 10.0},
    "data_volumes": [{"volumetype": "SSD", "size": 20.0}],
    "tags": {"team": "platform"},
    "timeout_minutes": 30.0,
}
ISO: dict[str, Any] = {
    "region": "lab-1",
    "build_id": "fedcba9876543210",
    "name": "debian-12-fedcba9876543210",
    "image_url": "images:debian-12.iso",
    "source_details": {
        "bucket_region": "lab-1",
        "size_bytes": 700.0 * 1024**2,
        "storage_class": "STANDARD",
        "formats": ["ISO 9660"],
        "label": "Debian 12",
        "boots": ["bios", "uefi"],
    },
    "os_version": "Debian GNU/Linux 10.0.0 64bit",
    "os_version_details": {"known": True, "os_type": "Linux", "platform": "Debian"},
    "min_disk": 10.0,
    "architecture": "x86",
    "tags": {"team": "platform"},
}
IMAGE: dict[str, Any] = {
    "region": "lab-1",
    "build_id": "0123456789abcdef",
    "name": "debian-golden",
    "volume_id": "a-volume",
    "os_version": "Debian GNU/Linux 10.0.0 64bit",
    "os_version_details": {"known": True, "os_type": "Linux", "platform": "Debian"},
    "min_ram": 0.0,
    "description": "",
    "tags": {"team": "platform"},
}
INSTALLATION: dict[str, Any] = {"mode": "unattended", "timeout_minutes": 120.0, "server_id": "a-server"}

TEST: dict[str, Any] = {
    "region": "lab-1",
    "build_id": "0123456789abcdef",
    "name": "debian",
    "image_id": "an-image",
    "flavor": "s6.large.2",
    "flavor_details": SERVER["flavor_details"],
    "availability_zone": "lab-1a",
    "root_volume": {"volumetype": "SSD", "size": 20.0},
    "until": "login:",
    "tags": {"team": "platform"},
}

INPUTS = {
    TempServer: SERVER,
    IsoImage: ISO,
    CapturedImage: IMAGE,
    OsInstallation: INSTALLATION,
    ImageVerification: TEST,
}


def build(number: int = 1, **changes: dict[str, Any]) -> list[StackResource]:
    """
    Return the resources of one build, connected as the component connects them.

    Args:
        number: Number of the build.
        changes: Changed properties, by `iso`, `server`, `installation`, `image` and `teardown`.
    """

    def declared(kind: str, properties: dict[str, Any], part: str, **wires: Any) -> StackResource:
        return StackResource(
            kind, f"debian-{number}", f"urn:{part}-{number}", {**properties, **changes.get(part, {})}, **wires
        )

    iso, server, gate, image = (f"urn:{part}-{number}" for part in ("iso", "server", "installation", "image"))
    return [
        declared(IsoImage, ISO, "iso"),
        declared(TempServer, SERVER, "server", property_dependencies={"iso_image_id": [iso]}, dependencies=[iso]),
        declared(
            OsInstallation,
            INSTALLATION,
            "installation",
            property_dependencies={"server_id": [server]},
            dependencies=[server],
        ),
        declared(
            CapturedImage,
            {**IMAGE, "name": f"debian-golden-{number}"},
            "image",
            property_dependencies={"volume_id": [server]},
            dependencies=[server, gate],
        ),
        declared(
            TempServerTeardown,
            {},
            "teardown",
            property_dependencies={"server_id": [server], "volume_ids": [server], "image_id": [image]},
            dependencies=[server, image],
        ),
    ]


def with_test(number: int = 1, *, ended: bool = False, **changes: Any) -> list[StackResource]:
    """Return the test of the image of a build and the end of its server, which may be gone."""
    test, name = f"urn:test-{number}", f"debian-{number}"
    wires = {"server_id": [test]}
    done = {"server_status": "deleted"} if ended else {}
    return [
        StackResource(ImageVerification, name, test, {**TEST, **changes}),
        StackResource(VerificationTeardown, name, f"urn:end-{number}", done, property_dependencies=wires),
    ]


def preflight(servers_left: int = 100, region: str = "lab-1", **properties: Any) -> StackResource:
    """Return a preflight that has read how many servers the quota of a region leaves."""
    seen = {"region": region, "quotas": {"servers_left": float(servers_left)}, **properties}
    return StackResource(Preflight, f"preflight-{region}", f"urn:preflight-{region}", seen)
