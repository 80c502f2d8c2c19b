"""Builds that a program declares with the component, and the problems that it reports of them."""

from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pytest

from components.iso_image_build import IsoImageBuild
from components.program import FaultyBuild
from tests.components.programs import run
from tests.e2e.project import build_settings

ENVIRONMENT = {"HW_AVAILABILITY_ZONE": "zone-1", "HW_VPC_ID": "vpc-1", "HW_SUBNET_ID": "subnet-1"}

SETTINGS = build_settings(ENVIRONMENT, name=None)


def later(value: Any) -> pulumi.Output[Any]:
    return pulumi.Output.from_input(value)


def build(name: str = "golden", **changes: Any) -> IsoImageBuild:
    return IsoImageBuild(name, {**SETTINGS, **changes})


def problems(program: Callable[[], Any], config: Mapping[str, str] | None = None) -> str:
    with pytest.raises(FaultyBuild) as error:
        run(program, config)
    return str(error.value)
