"""The stack's configuration as the program finds it: validated as a whole, before anything is declared."""

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pulumi

from config.problems import with_namespace
from config.shapes import structured
from config.stack_settings import KEYS, StackSettings, judge

MESSAGE_SHOWN = 32  # the language host's exit status for "the user knows already": no second, empty error


def read(environment: Mapping[str, str] = os.environ) -> StackSettings:
    """Read and validate the configuration of the running stack.

    Returns:
        What it says. Its faults are for the preflight to report, with what that finds itself; there are no builds where
        there are any.

    Raises:
        SystemExit: after a message that names every fault of the configuration, each with its key, where no preflight
            can report them.
    """
    config = pulumi.Config()
    settings = judge(_values(config.name), environment)
    if settings.faults and (not settings.to_check or settings.preflight.preflight == "off"):
        pulumi.log.error(_report(config.name, settings.faults))
        sys.exit(MESSAGE_SHOWN)
    return replace(settings, builds=[]) if settings.faults else settings


def _values(project: str) -> dict[str, Any]:
    prefix = f"{project}:"
    present = [key.removeprefix(prefix) for key in pulumi.runtime.config.CONFIG.get() if key.startswith(prefix)]
    unknown: dict[str, Any] = dict.fromkeys(key for key in present if key not in KEYS)
    texts = {key: pulumi.runtime.config.get_config(f"{prefix}{key}") for key in KEYS}
    return {**unknown, **{key: structured(key, text) for key, text in texts.items() if text is not None}}


def _report(project: str, faults: list[str]) -> str:
    count = "one fault" if len(faults) == 1 else f"{len(faults)} faults"
    lines = "\n".join(f"  {with_namespace(fault, project)}" for fault in faults)
    return f"the configuration has {count}; nothing was created:\n{lines}"
