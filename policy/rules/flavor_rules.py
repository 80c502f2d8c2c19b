"""The temporary server's flavor, judged by what the provider has resolved it into."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from policy.rule import Inputs, Limit, Limits, Rule, TempServer
from preflight import flavor_requirements
from preflight.flavor_requirements import Mismatch

GUIDE = "IMS user guide, creating an image from an ISO file"
FLAVORS = "ECS API, querying flavors"
CHOOSE = "choose another flavor for the build, for example s6.large.2"


def _judged_by(
    judge: Callable[[Mapping[str, Any], Limits], Mismatch | None],
) -> Callable[[Inputs, Limits], Iterator[str]]:
    def violations(server: Inputs, limits: Limits) -> Iterator[str]:
        mismatch = judge(server.get("flavor_details") or {}, limits)
        if mismatch is not None:
            yield f"flavor {server['flavor']!r} does not fit: {mismatch}"

    return violations


def _allowed(server: Inputs, limits: Limits) -> Iterator[str]:
    allowed = limits["allowed"]
    if allowed and server["flavor"] not in allowed:
        yield f"flavor {server['flavor']!r} is not among those allowed: {', '.join(allowed)}"


def _architecture(server: Inputs, _limits: Limits) -> Iterator[str]:
    wanted = (server.get("iso_image_details") or {}).get("architecture")
    mismatch = flavor_requirements.architecture(server.get("flavor_details") or {}, wanted)
    if mismatch is not None:
        yield f"flavor {server['flavor']!r} does not fit its ISO image: {mismatch}"


RULES = (
    Rule(
        id="server-flavor-vcpus",
        kinds=(TempServer,),
        description="A temporary server has exactly 2 vCPUs.",
        rationale="The service refuses other flavors for a server that boots an ISO image.",
        source=GUIDE,
        remedy=CHOOSE,
        judge=_judged_by(
            lambda facts, limits: flavor_requirements.vcpus(facts, [int(number) for number in limits["allowed"]])
        ),
        limits=(
            Limit(
                "allowed",
                {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1},
                [flavor_requirements.VCPUS],
            ),
        ),
    ),
    Rule(
        id="server-flavor-memory",
        kinds=(TempServer,),
        description="A temporary server has at least 4 GiB of memory.",
        rationale="The service refuses smaller ones, and installers run out of memory on them.",
        source=GUIDE,
        remedy=CHOOSE,
        judge=_judged_by(lambda facts, limits: flavor_requirements.memory(facts, int(limits["min_ram_mib"]))),
        limits=(
            Limit(
                "min_ram_mib",
                {"type": "integer", "minimum": flavor_requirements.MIN_RAM_MIB},
                flavor_requirements.MIN_RAM_MIB,
            ),
        ),
    ),
    Rule(
        id="server-flavor-general-computing",
        kinds=(TempServer,),
        description="A temporary server's flavor is general computing.",
        rationale="The service refuses other types for a server that boots an ISO image.",
        source=GUIDE,
        remedy=CHOOSE,
        judge=_judged_by(
            lambda facts, limits: flavor_requirements.performance_type(facts, limits["performance_types"])
        ),
        limits=(
            Limit(
                "performance_types",
                {"type": "array", "items": {"type": "string"}, "minItems": 1},
                [flavor_requirements.GENERAL_COMPUTING],
            ),
        ),
    ),
    Rule(
        id="server-flavor-kvm",
        kinds=(TempServer,),
        description="A temporary server runs on KVM.",
        rationale="The service refuses XEN flavors for a server that boots an ISO image.",
        source=GUIDE,
        remedy=CHOOSE,
        judge=_judged_by(lambda facts, _limits: flavor_requirements.virtualization(facts)),
    ),
    Rule(
        id="server-flavor-on-sale",
        kinds=(TempServer,),
        description="A temporary server's flavor is on sale in its zone.",
        rationale="A flavor that is sold out or withdrawn there fails the build after the ISO image has been made.",
        source=FLAVORS,
        remedy="choose another flavor or another availability_zone",
        judge=_judged_by(lambda facts, _limits: flavor_requirements.sale(facts)),
    ),
    Rule(
        id="server-flavor-architecture",
        kinds=(TempServer,),
        description="A temporary server's processor is the one that its ISO image is for.",
        rationale="A server cannot boot an installer for another architecture.",
        source="IMS API, image attributes; " + FLAVORS,
        remedy="choose a flavor of that architecture, or correct the ISO image's architecture",
        judge=_architecture,
    ),
    Rule(
        id="server-flavor-allowed",
        kinds=(TempServer,),
        description="A temporary server's flavor is one that the organisation allows.",
        rationale="Some organisations buy a few flavors only.",
        source="organisation",
        remedy="choose an allowed flavor",
        judge=_allowed,
        limits=(Limit("allowed", {"type": "array", "items": {"type": "string"}}, []),),
    ),
)
