"""Flavors of the lab: realistic ones, and one of each kind that must be refused."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from lab.world.identity.accounts import ZONES


@dataclass(frozen=True)
class Flavor:
    """Flavor; ``zones`` maps a zone to its operation status (normal, sellout ...)."""

    id: str
    vcpus: int
    ram_mib: int
    generation: str
    performance: str
    environment: str | None = "CloudCompute"
    architecture: str | None = None
    zones: dict[str, str] = field(default_factory=lambda: dict.fromkeys(ZONES, "normal"))
    status: str = "normal"

    def operation_status(self, zone: str) -> str:
        """Return the status in a zone, where the zone's own overrides the region's."""
        return self.zones.get(zone, self.status)

    @property
    def is_arm(self) -> bool:
        return self.architecture == "arm64"

    def extra_specs(self) -> dict[str, str]:
        specs = {
            "ecs:generation": self.generation,
            "cond:operation:status": self.status,
            "cond:operation:az": ",".join(f"{zone}({status})" for zone, status in self.zones.items()),
            "resource_type": f"IOoptimized{self.generation.upper()}",
            "cond:compute": "autorecovery",
            "quota:max_rate": "1500",
            "quota:min_rate": "200",
        }
        if self.environment:
            specs["ecs:virtualization_env_types"] = self.environment
        if self.environment != "FusionCompute":
            specs["ecs:performancetype"] = self.performance
        if self.architecture:
            specs["ecs:instance_architecture"] = self.architecture
        return specs


def _family(
    generation: str, performance: str, sizes: dict[str, tuple[int, int]], architecture: str | None = None
) -> list[Flavor]:
    return [
        Flavor(f"{generation}.{size}", cpus, ram, generation, performance, architecture=architecture)
        for size, (cpus, ram) in sizes.items()
    ]


GENERAL = {
    "small.1": (1, 1024),
    "medium.2": (1, 2048),
    "medium.4": (1, 4096),
    "large.1": (2, 2048),
    "large.2": (2, 4096),
    "large.4": (2, 8192),
    "xlarge.2": (4, 8192),
    "xlarge.4": (4, 16384),
    "2xlarge.2": (8, 16384),
}
PLUS = {"large.2": (2, 4096), "xlarge.2": (4, 8192), "2xlarge.2": (8, 16384)}
ONLY_B = {ZONES[1]: "normal"}

FLAVORS: dict[str, Flavor] = {
    flavor.id: flavor
    for flavor in [
        *_family("s6", "normal", GENERAL),
        *_family("s7", "normal", {"large.2": (2, 4096), "large.4": (2, 8192)}),
        *_family("c6", "computingv3", PLUS),
        *_family("kc1", "kunpeng_computing", PLUS, architecture="arm64"),
        Flavor("rc6.large.2_manage", 2, 4096, "rc6", "normal"),
        Flavor("t6.large.2", 2, 4096, "t6", "normal", zones=dict.fromkeys(ZONES, "sellout"), status="sellout"),
        Flavor("s2.large.2", 2, 4096, "s2", "normal", zones={}, status="abandon"),
        Flavor("s1.large", 2, 4096, "s1", "normal", environment="FusionCompute"),
        Flavor("sn3.large.2", 2, 4096, "sn3", "normal", zones=dict(zip(ZONES, ("sellout", "normal"), strict=True))),
        Flavor("s8.large.2", 2, 4096, "s8", "normal", zones=ONLY_B, status="abandon"),
        Flavor("km1.large.8", 2, 16384, "km1", "kunpeng_highmem", architecture="arm64", zones=ONLY_B, status="abandon"),
    ]
}


def offered(sold_out: Iterable[str]) -> dict[str, Flavor]:
    """Return the flavors that are for sale now."""
    gone = {id_: replace(FLAVORS[id_], zones=dict.fromkeys(ZONES, "sellout")) for id_ in sold_out if id_ in FLAVORS}
    return {**FLAVORS, **gone}
