"""Environment variables with which a client of the cloud uses the lab instead."""

import json
from collections.abc import Mapping
from pathlib import Path

from lab.daemon import LabError
from lab.files.private_files import control_token
from lab.world.identity.accounts import DOMAIN, PROJECT, REGION, USER, ZONES
from lab.world.ids import fixed_uuid

PROXIES = ("http_proxy", "https_proxy", "all_proxy")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def environment(state: Path, endpoints: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that `lab env` exports."""
    credentials = _credentials(state / "credentials.json")
    return {
        "HW_REGION_NAME": REGION,
        "HW_PROJECT_ID": PROJECT.id,
        "HW_PROJECT_NAME": PROJECT.name,
        "HW_DOMAIN_NAME": DOMAIN.name,
        "HW_USER_NAME": USER.name,
        "HW_USER_PASSWORD": credentials["password"],
        "HW_ACCESS_KEY": credentials["access_key"],
        "HW_SECRET_KEY": credentials["secret_key"],
        "HW_AUTH_URL": f"{endpoints['iam']}/v3",
        **{f"HW_{name.upper()}_ENDPOINT": endpoints[name] for name in ("iam", "ims", "ecs", "evs", "vpc", "obs")},
        "HW_AVAILABILITY_ZONE": ZONES[0],
        "HW_VPC_ID": fixed_uuid(f"{PROJECT.id} vpc-lab"),
        "HW_SUBNET_ID": fixed_uuid(f"{PROJECT.id} vpc-lab subnet"),
        "HW_LAB_ENDPOINT": endpoints["control"],
        "HW_LAB_TOKEN": control_token(state),
    }


def _credentials(path: Path) -> dict[str, str]:
    try:
        kept = json.loads(path.read_text())
        return {name: str(kept[name]) for name in ("password", "access_key", "secret_key")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LabError(f"{path} is missing or damaged ({error}); remove it and start the lab again") from error


def without_proxy(variables: Mapping[str, str]) -> dict[str, str]:
    """
    Return the variables that keep requests to this machine away from proxies, if the environment names a proxy.

    Args:
        variables: Environment of the caller; exceptions from proxies in it are kept.
    """
    if not any(variables.get(name) for name in (*PROXIES, *map(str.upper, PROXIES))):
        return {}
    excepted = variables.get("no_proxy") or variables.get("NO_PROXY") or ""
    names = [name for name in excepted.split(",") if name.strip()]
    if "*" in [name.strip() for name in names]:
        return {}
    value = ",".join([*names, *(name for name in LOOPBACK if name not in names)])
    return {"no_proxy": value, "NO_PROXY": value}


def exports(variables: Mapping[str, str]) -> str:
    """Return shell lines that export the variables."""
    return "\n".join(f"export {name}='{value}'" for name, value in variables.items())
