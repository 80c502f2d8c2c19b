"""Checks of the temporary server: zone, flavor and disk types are available."""

from collections.abc import Iterator

from config.builds.build_source import Volume
from config.builds.checked_build import Build
from config.problems import Finding
from huaweicloud.ecs import Flavor
from preflight import flavor_requirements, volume_types
from preflight.checked_stack import Check, Stack


def checks(stack: Stack) -> list[Check]:
    """Return one check for the zones and one for the disk types, and one for the flavors of each zone."""
    by_zone: dict[str, list[Build]] = {}
    for build in stack.builds:
        by_zone.setdefault(build.availability_zone, []).append(build)
    return [
        Check("availability zones", "ecs:availabilityZones:list", lambda: _zones(stack)),
        *(_flavor_check(stack, zone, users) for zone, users in by_zone.items()),
        Check("disk types", "evs:types:get", lambda: _volume_types(stack)),
    ]


def _zones(stack: Stack) -> Iterator[Finding]:
    known = stack.catalog.zones()
    for build in stack.builds:
        if build.availability_zone not in known:
            reason = f"is not an availability zone of {stack.region}"
            remedy = f"choose one of {', '.join(sorted(known))}"
            yield Finding("error", build.key("availability_zone"), build.availability_zone, reason, remedy)


def _flavor_check(stack: Stack, zone: str, users: list[Build]) -> Check:
    def evaluate() -> Iterator[Finding]:
        if zone not in stack.catalog.zones():
            return  # The check of the zones reports it.
        offered = stack.catalog.flavors(zone)
        for build in users:
            yield from _flavor_problems(build, offered)
            yield from _test_flavor_problems(build, offered)

    return Check(f"flavors in {zone}", "ecs:cloudServerFlavors:get", evaluate)


def _flavor_problems(build: Build, offered: dict[str, Flavor]) -> Iterator[Finding]:
    zone = build.availability_zone
    remedy = _flavor_remedy(flavor_requirements.alternatives(offered.values(), zone, build.architecture))
    if build.flavor not in offered:
        yield Finding("error", build.key("flavor"), build.flavor, f"is not offered in {zone}", remedy)
        return
    found = flavor_requirements.mismatches(flavor_requirements.facts(offered[build.flavor], zone), build.architecture)
    if found:
        reason = f"cannot boot an ISO image: {'; '.join(map(str, found))}"
        yield Finding("error", build.key("flavor"), build.flavor, reason, remedy)


def _test_flavor_problems(build: Build, offered: dict[str, Flavor]) -> Iterator[Finding]:
    """Report a flavor that cannot run the test of the image: it boots no ISO image, so that any size will do."""
    if build.verify is None or build.verify.flavor is None:
        return
    zone, key = build.availability_zone, build.key("verify.flavor")
    remedy = "choose a flavor that the zone offers, or leave it out for the flavor of the temporary server"
    if build.verify.flavor not in offered:
        yield Finding("error", key, build.verify.flavor, f"is not offered in {zone}", remedy)
        return
    facts = flavor_requirements.facts(offered[build.verify.flavor], zone)
    found = [flavor_requirements.architecture(facts, build.architecture), flavor_requirements.sale(facts)]
    if mismatches := [str(mismatch) for mismatch in found if mismatch is not None]:
        reason = f"cannot start a server from the image: {'; '.join(mismatches)}"
        yield Finding("error", key, build.verify.flavor, reason, remedy)


def _flavor_remedy(suitable: list[str]) -> str:
    if not suitable:
        return "choose another availability zone, because this one has no suitable flavor"
    return f"suitable flavors: {', '.join(suitable[:5])}"


def _volume_types(stack: Stack) -> Iterator[Finding]:
    known, zones = stack.catalog.volume_types(), stack.catalog.zones()
    offers = {zone: volume_types.offers(known.values(), zone) for zone in zones}
    for build in stack.builds:
        if build.availability_zone in offers:  # otherwise the check of the zones reports it
            yield from _volume_problems(build, offers[build.availability_zone])


def _volume_problems(build: Build, offers: dict[str, str]) -> Iterator[Finding]:
    disks: dict[str, Volume] = {"root_volume": build.root_volume}
    disks |= {f"data_volumes[{number}]": volume for number, volume in enumerate(build.data_volumes)}
    for setting, volume in disks.items():
        reason = volume_types.mismatch(volume.volumetype, offers)
        if reason:
            key, remedy = build.key(f"{setting}.volumetype"), f"choose one of {', '.join(volume_types.usable(offers))}"
            yield Finding("error", key, volume.volumetype, f"{reason} in {build.availability_zone}", remedy)
