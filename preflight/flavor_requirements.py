"""What a flavor must be to boot an ISO image.

Source: IMS "creating an image from an ISO file": general computing, KVM, 2 vCPUs, at least 4 GiB of memory.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from huaweicloud.ecs import Flavor

VCPUS = 2
MIN_RAM_MIB = 4096
GENERAL_COMPUTING = "normal"
KVM = "KVM"
ON_SALE = ("normal", "obt", "promotion")
"""ECS "querying flavors", cond:operation:status; obt is open beta."""

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Mismatch:
    """Why a flavor does not fit: the fact's name, its value, and what is needed instead."""

    fact: str
    value: Any
    needed: str

    def __str__(self) -> str:
        return f"{_SAYS[self.fact].format(self.value)}, needed {self.needed}"


_SAYS = {
    "vcpus": "it has {} vCPUs",
    "ram_mib": "it has {} MiB of memory",
    "performance_type": "its performance type is {}",
    "virtualization": "its virtualization is {}",
    "architecture": "its architecture is {}",
    "status": "its state in this zone is {}",
}


def facts(flavor: "Flavor", zone: str) -> dict[str, Any]:
    """
    The facts that decide, as the cloud lists them.

    Args:
        flavor: from the list of flavors.
        zone: the zone in which a server is wanted.

    Returns:
        vcpus, ram_mib (MiB), performance_type, virtualization, architecture and status; without what the cloud
        does not say.
    """
    found = {
        "vcpus": flavor.vcpus,
        "ram_mib": flavor.ram_mib,
        "performance_type": flavor.performance_type,
        "virtualization": flavor.virtualization,
        "architecture": flavor.architecture,
        "status": flavor.status_in(zone),
    }
    return {key: value for key, value in found.items() if value not in (None, "")}


def vcpus(known: Facts, allowed: Iterable[int] = (VCPUS,)) -> Mismatch | None:
    """Exactly as many vCPUs as a server for an ISO image may have."""
    allowed = tuple(allowed)
    if "vcpus" not in known or int(known["vcpus"]) in allowed:
        return None
    needed = f"exactly {allowed[0]}" if len(allowed) == 1 else f"one of {', '.join(map(str, allowed))}"
    return Mismatch("vcpus", int(known["vcpus"]), needed)


def memory(known: Facts, at_least_mib: int = MIN_RAM_MIB) -> Mismatch | None:
    """Enough memory for an installer."""
    if "ram_mib" not in known or int(known["ram_mib"]) >= at_least_mib:
        return None
    return Mismatch("ram_mib", int(known["ram_mib"]), f"at least {at_least_mib}")


def performance_type(known: Facts, allowed: Iterable[str] = (GENERAL_COMPUTING,)) -> Mismatch | None:
    """General computing; arm flavors have performance types of their own, which the guide does not speak of."""
    # not documented: which arm flavors can boot an ISO image, so the service judges
    allowed = tuple(allowed)
    value = known.get("performance_type")
    if value is None or value in allowed or known.get("architecture") == "arm":
        return None
    return Mismatch("performance_type", value, f"general computing ({', '.join(allowed)})")


def virtualization(known: Facts) -> Mismatch | None:
    """KVM; a flavor that does not say is left to the service."""
    value = known.get("virtualization")
    return None if value in (None, KVM) else Mismatch("virtualization", value, KVM)


def architecture(known: Facts, wanted: str | None) -> Mismatch | None:
    """The processor that the ISO file is for."""
    value = known.get("architecture")
    return None if None in (value, wanted) or value == wanted else Mismatch("architecture", value, str(wanted))


def sale(known: Facts) -> Mismatch | None:
    """On sale in the zone."""
    value = known.get("status")
    return None if value is None or value in ON_SALE else Mismatch("status", value, f"one of {', '.join(ON_SALE)}")


def mismatches(known: Facts, wanted_architecture: str | None = None) -> list[Mismatch]:
    """Everything that keeps a flavor from booting an ISO image."""
    found = (
        vcpus(known),
        memory(known),
        performance_type(known),
        virtualization(known),
        architecture(known, wanted_architecture),
        sale(known),
    )
    return [mismatch for mismatch in found if mismatch is not None]


def alternatives(flavors: "Iterable[Flavor]", zone: str, wanted_architecture: str | None = None) -> list[str]:
    """The flavors of a zone that fit, by name."""
    return sorted(flavor.id for flavor in flavors if not mismatches(facts(flavor, zone), wanted_architecture))
