"""The flavor of a temporary server, resolved into facts that are judged before anything is created."""

import threading
from typing import Any

from pulumi.dynamic import CheckFailure
from pulumi.output import contains_unknowns

from huaweicloud.cloud import Cloud
from huaweicloud.ecs import Flavor
from huaweicloud.errors import AuthenticationFailed, CloudError, ConfigurationError, PermissionDenied
from providers import engine, session
from providers.properties import Bag

VCPUS = 2
MIN_RAM_MIB = 4096
ON_SALE = ("normal", "obt", "promotion")

_lock = threading.Lock()
_known: dict[tuple[str, str], dict[str, Flavor]] = {}


def resolve(olds: Bag, inputs: Bag) -> list[CheckFailure]:
    """Put the flavor's facts into the inputs as `flavor_details`, and judge them.

    The facts of an unchanged flavor are taken from the old inputs, without a request. Where the cloud cannot be
    reached the check is left out, with a warning: the service judges at the create.

    Source: ECS GET /v1/{project_id}/cloudservers/flavors.
    """
    flavor, zone = inputs["flavor"], inputs["availability_zone"]
    if contains_unknowns([flavor, zone, inputs["region"]]):
        return []
    if olds.get("flavor_details") and (olds.get("flavor"), olds.get("availability_zone")) == (flavor, zone):
        inputs["flavor_details"] = olds["flavor_details"]
        return []
    try:
        flavors = _flavors(session.cloud(inputs["region"]), inputs["region"], zone)
    except (AuthenticationFailed, ConfigurationError, PermissionDenied) as error:
        return [CheckFailure("region", str(error))]
    except CloudError as error:
        engine.log(f"could not check flavor {flavor}: {error}", "warning")
        return []
    if flavor not in flavors:
        return [CheckFailure("flavor", f"{flavor!r} is not offered in {zone}{_alternatives(flavors, zone)}")]
    inputs["flavor_details"] = details(flavors[flavor], zone)
    faults = judge(inputs["flavor_details"])
    if not faults:
        return []
    return [
        CheckFailure(
            "flavor",
            f"{flavor!r} cannot install from an ISO: {'; '.join(faults)}{_alternatives(flavors, zone)}",
        )
    ]


def _flavors(cloud: Cloud, region: str, zone: str) -> dict[str, Flavor]:
    with _lock:
        if (region, zone) not in _known:
            _known[region, zone] = {flavor.id: flavor for flavor in cloud.ecs.list_flavors(zone)}
        return _known[region, zone]


def details(flavor: Flavor, zone: str) -> dict[str, Any]:
    """The facts that decide: vCPUs, RAM in MiB, performance type, virtualization and sale state in a zone."""
    facts = {
        "vcpus": flavor.vcpus,
        "ram_mib": flavor.ram_mib,
        "performance_type": flavor.performance_type,
        "virtualization": flavor.virtualization,
        "status": flavor.status_in(zone),
    }
    return {key: value for key, value in facts.items() if value is not None}


def judge(facts: dict[str, Any]) -> list[str]:
    """Why a flavor cannot boot an ISO image; the rules are those of the service's guide to images from ISO files."""
    faults = []
    if facts.get("vcpus") != VCPUS:
        faults.append(f"it has {facts.get('vcpus')} vCPUs, needed are exactly {VCPUS}")
    if facts.get("ram_mib", 0) < MIN_RAM_MIB:
        faults.append(f"it has {facts.get('ram_mib')} MiB of memory, needed are at least {MIN_RAM_MIB}")
    if facts.get("performance_type", "normal") != "normal":
        faults.append(f"it is of type {facts['performance_type']}, needed is general computing (normal)")
    if facts.get("virtualization", "KVM") not in ("KVM", ""):
        faults.append(f"its virtualization is {facts['virtualization']}, needed is KVM")
    if facts.get("status", "normal") not in ON_SALE:
        faults.append(f"it is not on sale in this zone ({facts['status']})")
    return faults


def _alternatives(flavors: dict[str, Flavor], zone: str) -> str:
    fit = sorted(name for name, flavor in flavors.items() if not judge(details(flavor, zone)))
    return f"; flavors that fit: {', '.join(fit[:5])}" if fit else ""
