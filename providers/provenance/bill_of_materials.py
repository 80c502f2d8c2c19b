"""
Software bill of materials of an image, from the list of its packages: CycloneDX 1.5 in JSON.

Sources: https://cyclonedx.org/docs/1.5/json/, https://github.com/package-url/purl-spec (types deb and rpm).
"""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

from providers.provenance.package_list import Package, PackageList
from providers.provenance.statement import canonical

_SERIALS = uuid.UUID("8d2f5a4e-6f0b-4b7e-9a3c-1d0c7f5e2b61")
NO_ARCHITECTURE = "(none)"


def bill_of_materials(found: PackageList, build_id: str, created: str | None) -> str:
    """
    Return the bill of materials as canonical JSON: the same packages of a build give the same bytes.

    Args:
        found: Packages of the installed system.
        build_id: Id of the build, which the serial number follows from.
        created: Time of the build (UTC, ISO 8601), by the clock of the cloud.
    """
    system = {"type": "operating-system", "name": found.distribution}
    if found.release:
        system["version"] = found.release
    metadata: dict[str, Any] = {"component": {**system, "bom-ref": "system"}}
    if created:
        metadata["timestamp"] = created
    return canonical(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "serialNumber": f"urn:uuid:{uuid.uuid5(_SERIALS, build_id)}",
            "version": 1,
            "metadata": metadata,
            "components": [_component(found, package) for package in found.packages],
        }
    )


def purl(found: PackageList, package: Package) -> str:
    """Return the package URL of a package; the epoch of an RPM package is a qualifier."""
    epoch, colon, version = package.version.partition(":")
    if found.kind == "deb" or not colon:
        epoch, version = "", package.version
    architecture = "" if package.architecture == NO_ARCHITECTURE else package.architecture
    distribution = f"{found.distribution}-{found.release}" if found.release else found.distribution
    named = {"arch": architecture, "distro": distribution, "epoch": "" if epoch == "0" else epoch}
    qualifiers = "&".join(f"{key}={quote(value, safe='')}" for key, value in named.items() if value)
    name = quote(package.name, safe="")
    return f"pkg:{found.kind}/{found.distribution.lower()}/{name}@{quote(version, safe=':')}?{qualifiers}"


def _component(found: PackageList, package: Package) -> dict[str, str]:
    url = purl(found, package)
    return {"type": "library", "bom-ref": url, "name": package.name, "version": package.version, "purl": url}
