"""Rules for the temporary server other than flavor and disks: network, name, user data, installation time."""

from collections.abc import Iterator

from config.constraints import ServerName
from policy.rule import Inputs, Limit, Limits, OsInstallation, Rule, TempServer, plain
from policy.values import violations_of

CREATE = "ECS API, creating an ECS"
MAX_USER_DATA_BYTES = 32 * 1024
PUBLIC = ("publicip", "public_ip", "eip", "eip_id")
NAMES = {"type": "array", "items": {"type": "string"}}


def _no_public_address(server: Inputs, _limits: Limits) -> Iterator[str]:
    for key in PUBLIC:
        if server.get(key):
            yield f"{key} assigns a public address to the server (allowed: none)"


def _security_groups(server: Inputs, limits: Limits) -> Iterator[str]:
    groups = [str(group) for group in server.get("security_group_ids") or []]
    if limits["required"] and not groups:
        yield "security_group_ids is empty, so that the group `default` applies (required: at least 1 group)"
    repeated = sorted({group for group in groups if groups.count(group) > 1})
    if repeated:
        yield f"security_group_ids contains {', '.join(repeated)} more than once"
    allowed = limits["allowed"]
    for group in groups:
        if allowed and group not in allowed:
            yield f"security_group_ids contains {group!r} (allowed: {', '.join(allowed)})"


def _user_data(server: Inputs, limits: Limits) -> Iterator[str]:
    text = server.get("user_data")
    most = int(limits["max_bytes"])
    if text and len(str(text).encode()) > most:
        yield f"user_data has {len(str(text).encode())} bytes (allowed: {most} before base64)"


def _name(server: Inputs, _limits: Limits) -> Iterator[str]:
    yield from violations_of("name", ServerName, server["name"])


def _installation_time(installation: Inputs, limits: Limits) -> Iterator[str]:
    minutes, most = installation.get("timeout_minutes"), limits["max_minutes"]
    if minutes is not None and minutes > most:
        yield f"timeout_minutes is {plain(minutes)} (allowed: at most {plain(most)})"


RULES = (
    Rule(
        id="server-no-public-address",
        kinds=(TempServer,),
        description="A temporary server must not have a public address.",
        rationale="The procedure does not need one, it costs money, and an installer is not hardened.",
        source=f"{CREATE}, publicip",
        remedy="remove it, and use the remote console to reach the installer",
        evaluate=_no_public_address,
    ),
    Rule(
        id="server-security-groups",
        kinds=(TempServer,),
        description="A temporary server must be in allowed security groups.",
        rationale="Without any, the service uses the group `default`, whose rules anybody in the project can change.",
        source=f"{CREATE}, security_groups",
        remedy="correct security_group_ids",
        evaluate=_security_groups,
        limits=(Limit("required", {"type": "boolean"}, False), Limit("allowed", NAMES, [])),
    ),
    Rule(
        id="server-user-data-size",
        kinds=(TempServer,),
        description="The user data of a temporary server must not exceed the service's limit.",
        rationale="The service rejects more than 32 KiB.",
        source=f"{CREATE}, user_data",
        remedy="shorten it, or let it load the rest from an address",
        evaluate=_user_data,
        limits=(
            Limit(
                "max_bytes",
                {"type": "integer", "minimum": 0, "maximum": MAX_USER_DATA_BYTES},
                MAX_USER_DATA_BYTES,
            ),
        ),
    ),
    Rule(
        id="server-name",
        kinds=(TempServer,),
        description="The name of a temporary server must comply with the service's rules.",
        rationale="The service rejects other names.",
        source=f"{CREATE}, name",
        remedy="correct the name",
        evaluate=_name,
    ),
    Rule(
        id="installation-time",
        kinds=(OsInstallation,),
        description="The time limit of an installation must not exceed max_minutes.",
        rationale="The server is paid for until the limit is reached, even if the installer hangs.",
        source="organisation",
        remedy="lower installation.timeout_minutes",
        evaluate=_installation_time,
        limits=(Limit("max_minutes", {"type": "number", "exclusiveMinimum": 0}, 720),),
    ),
)
