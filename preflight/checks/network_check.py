"""Checks of the network: VPC, subnet and security groups exist, and the subnet belongs to the VPC."""

from collections.abc import Iterable, Iterator

from config.builds.checked_build import Build
from config.problems import Finding
from preflight.checked_stack import Check, Stack


def checks(stack: Stack) -> list[Check]:
    """Return one check for each type of resource; security groups only if a build names some."""
    found = [
        Check("VPCs", "vpc:vpcs:list", lambda: _vpcs(stack)),
        Check("subnets", "vpc:subnets:get", lambda: _subnets(stack)),
    ]
    if any(build.security_group_ids for build in stack.builds):
        found.append(Check("security groups", "vpc:securityGroups:get", lambda: _groups(stack)))
    return found


def _vpcs(stack: Stack) -> Iterator[Finding]:
    known = stack.catalog.vpcs()
    for build in stack.builds:
        if build.vpc_id not in known:
            yield _unknown(build, "vpc_id", build.vpc_id, "VPC", ((v.id, v.name) for v in known.values()))


def _subnets(stack: Stack) -> Iterator[Finding]:
    known = stack.catalog.subnets()
    for build in stack.builds:
        inside = [(subnet.id, subnet.name) for subnet in known.values() if subnet.vpc_id == build.vpc_id]
        subnet = known.get(build.subnet_id)
        if subnet is None:
            yield _unknown(build, "subnet_id", build.subnet_id, "subnet", inside)
        elif subnet.vpc_id != build.vpc_id:
            reason = f"is a subnet of VPC {subnet.vpc_id}, not of vpc_id {build.vpc_id}"
            remedy = f"set vpc_id to {subnet.vpc_id}, or choose {_choice(inside, 'a subnet of the VPC')}"
            yield Finding("error", build.key("subnet_id"), build.subnet_id, reason, remedy)


def _groups(stack: Stack) -> Iterator[Finding]:
    known = stack.catalog.security_groups()
    for build in stack.builds:
        for number, group_id in enumerate(build.security_group_ids):
            if group_id not in known:
                choices = ((group.id, group.name) for group in known.values())
                yield _unknown(build, f"security_group_ids[{number}]", group_id, "security group", choices)


def _unknown(build: Build, setting: str, value: str, kind: str, choices: Iterable[tuple[str, str]]) -> Finding:
    reason = f"is not a {kind} that these credentials can access"
    return Finding("error", build.key(setting), value, reason, f"choose {_choice(choices, f'an existing {kind}')}")


def _choice(choices: Iterable[tuple[str, str]], otherwise: str) -> str:
    listed = [f"{id_} ({name})" for id_, name in choices][:5]
    return f"one of {', '.join(listed)}" if listed else otherwise
