"""The temporary server beside its flavor and disks: network, name, user data, and how long it may install."""

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
            yield f"{key} gives the server a public address, allowed is none"


def _security_groups(server: Inputs, limits: Limits) -> Iterator[str]:
    groups = [str(group) for group in server.get("security_group_ids") or []]
    if limits["required"] and not groups:
        yield "security_group_ids is empty, so that the group default is bound; needed is at least 1 group"
    repeated = sorted({group for group in groups if groups.count(group) > 1})
    if repeated:
        yield f"security_group_ids names {', '.join(repeated)} more than once"
    allowed = limits["allowed"]
    for group in groups:
        if allowed and group not in allowed:
            yield f"security_group_ids names {group!r}, allowed are {', '.join(allowed)}"


def _user_data(server: Inputs, limits: Limits) -> Iterator[str]:
    text = server.get("user_data")
    most = int(limits["max_bytes"])
    if text and len(str(text).encode()) > most:
        yield f"user_data has {len(str(text).encode())} bytes, allowed are {most} before base64"


def _name(server: Inputs, _limits: Limits) -> Iterator[str]:
    yield from violations_of("name", ServerName, server["name"])


def _installation_time(installation: Inputs, limits: Limits) -> Iterator[str]:
    minutes, most = installation.get("timeout_minutes"), limits["max_minutes"]
    if minutes is not None and minutes > most:
        yield f"timeout_minutes is {plain(minutes)}, allowed are at most {plain(most)}"


RULES = (
    Rule(
        id="server-no-public-address",
        kinds=(TempServer,),
        description="A temporary server has no public address.",
        rationale="Nothing of the procedure needs one, it costs money, and an installer is not hardened.",
        source=f"{CREATE}, publicip",
        remedy="remove it; reach the installer over the remote console",
        judge=_no_public_address,
    ),
    Rule(
        id="server-security-groups",
        kinds=(TempServer,),
        description="A temporary server is in security groups that are allowed.",
        rationale="Without any the service binds the group default, whose rules anybody in the project can change.",
        source=f"{CREATE}, security_groups",
        remedy="correct security_group_ids",
        judge=_security_groups,
        limits=(Limit("required", {"type": "boolean"}, False), Limit("allowed", NAMES, [])),
    ),
    Rule(
        id="server-user-data-size",
        kinds=(TempServer,),
        description="A temporary server's user data is within the service's size.",
        rationale="The service refuses more than 32 KiB.",
        source=f"{CREATE}, user_data",
        remedy="shorten it, or let it fetch the rest",
        judge=_user_data,
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
        description="A temporary server's name is within the service's rules.",
        rationale="The service refuses others.",
        source=f"{CREATE}, name",
        remedy="correct the name",
        judge=_name,
    ),
    Rule(
        id="installation-time",
        kinds=(OsInstallation,),
        description="An installation may take as long as is allowed, and no longer.",
        rationale="The server is paid for until the time is over, also where an installer hangs.",
        source="organisation",
        remedy="lower installation.timeout_minutes",
        judge=_installation_time,
        limits=(Limit("max_minutes", {"type": "number", "exclusiveMinimum": 0}, 720),),
    ),
)
