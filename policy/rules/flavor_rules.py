"""Rules for the flavors of servers, based on the properties that the provider has looked up."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from policy.rule import ImageVerification, Inputs, Limit, Limits, Rule, TempServer
from preflight import flavor_requirements
from preflight.flavor_requirements import Mismatch

GUIDE = "IMS user guide, creating an image from an ISO file"
FLAVORS = "ECS API, querying flavors"
CHOOSE = "choose another flavor for the build, for example s6.large.2"


def _requirement(
    find: Callable[[Mapping[str, Any], Limits], Mismatch | None],
) -> Callable[[Inputs, Limits], Iterator[str]]:
    def violations(server: Inputs, limits: Limits) -> Iterator[str]:
        mismatch = find(server.get("flavor_details") or {}, limits)
        if mismatch is not None:
            yield f"flavor {server['flavor']!r} is not suitable: {mismatch}"

    return violations


def _allowed(server: Inputs, limits: Limits) -> Iterator[str]:
    allowed = limits["allowed"]
    if allowed and server["flavor"] not in allowed:
        yield f"flavor {server['flavor']!r} is not allowed (allowed: {', '.join(allowed)})"


def _architecture(server: Inputs, _limits: Limits) -> Iterator[str]:
    wanted = (server.get("iso_image_details") or {}).get("architecture")
    mismatch = flavor_requirements.architecture(server.get("flavor_details") or {}, wanted)
    if mismatch is not None:
        yield f"flavor {server['flavor']!r} does not match its ISO image: {mismatch}"


RULES = (
    Rule(
        id="server-flavor-vcpus",
        kinds=(TempServer,),
        description="A temporary server must have exactly 2 vCPUs.",
        rationale="The service rejects other flavors for a server that boots an ISO image.",
        source=GUIDE,
        remedy=CHOOSE,
        evaluate=_requirement(
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
        description="A temporary server must have at least 4 GiB of memory.",
        rationale="The service rejects smaller flavors, and installers run out of memory on them.",
        source=GUIDE,
        remedy=CHOOSE,
        evaluate=_requirement(lambda facts, limits: flavor_requirements.memory(facts, int(limits["min_ram_mib"]))),
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
        description="A temporary server must have a general computing flavor.",
        rationale="The service rejects other types for a server that boots an ISO image.",
        source=GUIDE,
        remedy=CHOOSE,
        evaluate=_requirement(
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
        description="A temporary server must run on KVM.",
        rationale="The service rejects XEN flavors for a server that boots an ISO image.",
        source=GUIDE,
        remedy=CHOOSE,
        evaluate=_requirement(lambda facts, _limits: flavor_requirements.virtualization(facts)),
    ),
    Rule(
        id="server-flavor-on-sale",
        kinds=(TempServer, ImageVerification),
        description="The flavor of a temporary server, or of one that tests an image, must be on sale in its zone.",
        rationale="A flavor that is sold out or withdrawn there fails the build after the ISO image was created.",
        source=FLAVORS,
        remedy="choose another flavor or another availability_zone",
        evaluate=_requirement(lambda facts, _limits: flavor_requirements.sale(facts)),
    ),
    Rule(
        id="server-flavor-architecture",
        kinds=(TempServer,),
        description="The architecture of a temporary server must be that of its ISO image.",
        rationale="A server cannot boot an installer for another architecture.",
        source="IMS API, image attributes; " + FLAVORS,
        remedy="choose a flavor of that architecture, or correct the ISO image's architecture",
        evaluate=_architecture,
    ),
    Rule(
        id="server-flavor-allowed",
        kinds=(TempServer, ImageVerification),
        description="The flavor of a temporary server, or of one that tests an image, must be allowed.",
        rationale="Some organisations use a few flavors only.",
        source="organisation",
        remedy="choose an allowed flavor",
        evaluate=_allowed,
        limits=(Limit("allowed", {"type": "array", "items": {"type": "string"}}, []),),
    ),
)
