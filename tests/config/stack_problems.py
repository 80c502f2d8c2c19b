"""Builds of a stack's configuration, and the problems of a configuration as lines."""

from typing import Any

from config.stack_settings import StackSettings, validate
from tests.config.build_problems import BUILD

KEY = {"HW_ACCESS_KEY": "a-key", "HW_SECRET_KEY": "a-secret", "HW_REGION_NAME": "cn-north-4"}
SERVICES = ("iam", "ims", "ecs", "evs", "vpc", "obs")
ELSEWHERE = dict.fromkeys(SERVICES, "https://elsewhere.example.com")


def builds(*regions: str | None) -> list[dict[str, Any]]:
    named = [{**BUILD, "name": f"build-{number}", "region": region} for number, region in enumerate(regions)]
    return [{key: value for key, value in build.items() if value is not None} for build in named]


def lines(settings: StackSettings) -> list[str]:
    return [str(problem) for problem in settings.problems]


def faults(**values: Any) -> list[str]:
    return lines(validate({"builds": builds(None), **values}, KEY))
