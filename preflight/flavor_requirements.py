"""
Requirements on the flavor of a server that boots an ISO image.

Source: IMS "creating an image from an ISO file": general computing, KVM, 2 vCPUs, at least 4 GiB of memory.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from config import wording

if TYPE_CHECKING:
    from huaweicloud.ecs import Flavor

VCPUS = 2
MIN_RAM_MIB = 4096
GENERAL_COMPUTING = "normal"
KVM = "KVM"
ON_SALE = ("normal", "obt", "promotion")
"""ECS "querying flavors", cond:operation:status; obt is open beta."""

Facts = Mapping[str, Any]


class Mismatch(NamedTuple):
    """
    A property of a flavor that does not meet a requirement.

    Attributes:
        fact: Name of the property.
        found: Phrase with its value.
        required: Phrase with the required value and its verb.
    """

    fact: str
    found: str
    required: str

    def __str__(self) -> str:
        return f"{self.found}, {self.required} required"


def facts(flavor: "Flavor", zone: str) -> dict[str, Any]:
    """
    Return the properties of a flavor that requirements apply to.

    Args:
        flavor: Entry of the list of flavors.
        zone: Availability zone of the server.

    Returns:
        vcpus, ram_mib (MiB), performance_type, virtualization, architecture and status, without those that the cloud
        does not report.
    """
    reported = {
        "vcpus": flavor.vcpus,
        "ram_mib": flavor.ram_mib,
        "performance_type": flavor.performance_type,
        "virtualization": flavor.virtualization,
        "architecture": flavor.architecture,
        "status": flavor.status_in(zone),
    }
    return {key: value for key, value in reported.items() if value not in (None, "")}


def vcpus(known: Facts, allowed: Iterable[int] = (VCPUS,)) -> Mismatch | None:
    """Require one of the allowed numbers of vCPUs."""
    allowed = tuple(allowed)
    if "vcpus" not in known or int(known["vcpus"]) in allowed:
        return None
    number = f"exactly {allowed[0]}" if len(allowed) == 1 else " or ".join(map(str, allowed))
    verb = "is" if number == "exactly 1" else "are"
    return Mismatch("vcpus", f"it has {wording.count(int(known['vcpus']), 'vCPU')}", f"{number} {verb}")


def memory(known: Facts, at_least_mib: int = MIN_RAM_MIB) -> Mismatch | None:
    """Require enough memory for an installer."""
    if "ram_mib" not in known or int(known["ram_mib"]) >= at_least_mib:
        return None
    return Mismatch("ram_mib", f"it has {int(known['ram_mib'])} MiB of memory", f"at least {at_least_mib} MiB are")


def performance_type(known: Facts, allowed: Iterable[str] = (GENERAL_COMPUTING,)) -> Mismatch | None:
    """
    Require general computing.

    Arm flavors have performance types of their own, which the guide does not mention. Not documented: which arm
    flavors can boot an ISO image. The service decides on them.
    """
    allowed = tuple(allowed)
    value = known.get("performance_type")
    if value is None or value in allowed or known.get("architecture") == "arm":
        return None
    found = f"its performance type is {value}"
    return Mismatch("performance_type", found, f"general computing ({', '.join(allowed)}) is")


def virtualization(known: Facts) -> Mismatch | None:
    """Require KVM. The service decides on a flavor whose virtualization is not reported."""
    value = known.get("virtualization")
    return None if value in (None, KVM) else Mismatch("virtualization", f"its virtualization is {value}", f"{KVM} is")


def architecture(known: Facts, wanted: str | None) -> Mismatch | None:
    """Require the architecture of the ISO file."""
    value = known.get("architecture")
    if None in (value, wanted) or value == wanted:
        return None
    return Mismatch("architecture", f"its architecture is {value}", f"{wanted} is")


def sale(known: Facts) -> Mismatch | None:
    """Require a flavor that is on sale in the zone."""
    value = known.get("status")
    if value is None or value in ON_SALE:
        return None
    return Mismatch("status", f"its status in this zone is {value}", f"{', '.join(ON_SALE[:-1])} or {ON_SALE[-1]} is")


def mismatches(known: Facts, wanted_architecture: str | None = None) -> list[Mismatch]:
    """Return everything that keeps a flavor from booting an ISO image."""
    results = (
        vcpus(known),
        memory(known),
        performance_type(known),
        virtualization(known),
        architecture(known, wanted_architecture),
        sale(known),
    )
    return [mismatch for mismatch in results if mismatch is not None]


def alternatives(flavors: "Iterable[Flavor]", zone: str, wanted_architecture: str | None = None) -> list[str]:
    """Return the names of the suitable flavors of a zone."""
    return sorted(flavor.id for flavor in flavors if not mismatches(facts(flavor, zone), wanted_architecture))
