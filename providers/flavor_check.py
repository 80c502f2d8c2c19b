"""Refuses a flavor that cannot boot an ISO image, also where no policy pack and no preflight do."""

from pulumi.dynamic import CheckFailure

from preflight import flavor_requirements
from providers.runtime.properties import Bag
from providers.shared_catalog import catalogue


def faults(server: Bag) -> list[CheckFailure]:
    """
    Judge the flavor of a temporary server by what it was resolved into.

    Args:
        server: its inputs with `flavor_details`, which the cloud has just given.
    """
    flavor, zone, details = server["flavor"], server["availability_zone"], server["flavor_details"]
    if not details:
        return [CheckFailure("flavor", f"{flavor!r} is not offered in {zone}{_alternatives(server)}")]
    misfits = flavor_requirements.misfits(details)
    if not misfits:
        return []
    reasons = "; ".join(map(str, misfits))
    return [CheckFailure("flavor", f"{flavor!r} cannot install from an ISO: {reasons}{_alternatives(server)}")]


def _alternatives(server: Bag) -> str:
    zone = server["availability_zone"]
    fit = flavor_requirements.alternatives(catalogue(server["region"]).flavors(zone).values(), zone)
    return f"; flavors that fit: {', '.join(fit[:5])}" if fit else ""
