"""What a client of the cloud needs to know to use the lab instead."""

import json
from collections.abc import Mapping
from pathlib import Path

from lab.private_files import control_token
from lab.world.accounts import DOMAIN, PROJECT, REGION, USER, ZONES
from lab.world.ids import fixed_uuid


def environment(state: Path, endpoints: Mapping[str, str]) -> dict[str, str]:
    """The variables that `lab env` exports."""
    credentials = json.loads((state / "credentials.json").read_text())
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


def exports(variables: Mapping[str, str]) -> str:
    """Shell lines that export the variables."""
    return "\n".join(f"export {name}='{value}'" for name, value in variables.items())
