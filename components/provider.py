"""The provider of all resources of a stack, with no more of the stack's configuration than it signs in with."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi

from config.sign_in import connection


def declare_provider(project: str, values: Mapping[str, Any]) -> pulumi.ProviderResource:
    """
    Declare the provider.

    Without one of its own a dynamic resource has the engine's, which is handed the whole configuration, builds and all:
    that is stored once more in the state, and sent to the policy pack with every single resource.

    Args:
        project: Namespace of the configuration keys.
        values: Settings that connection.connect() takes; `endpoints` and `regions` are passed on as JSON text.
    """
    props: dict[str, pulumi.Input[str]] = {}
    for key in connection.KEYS:
        if values.get(key):
            value = str(values[key])
            props[f"{project}:{key}"] = pulumi.Output.secret(value) if key in connection.SECRET_KEYS else value
    for key in ("region", *connection.RUN_LIMITS, connection.ENTERPRISE_PROJECTS):
        if values.get(key):
            props[f"{project}:{key}"] = str(values[key])
    for key in ("endpoints", "regions"):
        if values.get(key):
            props[f"{project}:{key}"] = json.dumps(values[key], sort_keys=True)
    return pulumi.ProviderResource("pulumi-python", "huaweicloud", props)
