"""Configuration of the running stack, validated as a whole before anything is declared."""

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pulumi

from config.answers import answer_store
from config.problems import Finding, with_namespace
from config.shapes import structured
from config.stack_model import KEYS
from config.stack_settings import StackSettings, validate

MESSAGE_SHOWN = 32  # exit status of a program whose error was shown already: the language host adds no second one


def read(environment: Mapping[str, str] = os.environ) -> StackSettings:
    """
    Read and validate the configuration of the running stack.

    Returns:
        The settings. The preflight reports their problems together with its own findings; there are no builds if there
        are any problems.

    Raises:
        SystemExit: Every problem has been shown with its key, because no preflight can report them.
    """
    config = pulumi.Config()
    settings = validate(_values(config.name), environment)
    if settings.problems and (not settings.to_check or settings.preflight.preflight == "off"):
        pulumi.log.error(_report(config.name, settings.problems))
        sys.exit(MESSAGE_SHOWN)
    for build in settings.builds:
        if build.answers is not None:
            answer_store.store(build.answers.content)
    return replace(settings, builds=[]) if settings.problems else settings


def _values(project: str) -> dict[str, Any]:
    prefix = f"{project}:"
    present = [key.removeprefix(prefix) for key in pulumi.runtime.config.CONFIG.get() if key.startswith(prefix)]
    unknown: dict[str, Any] = dict.fromkeys(key for key in present if key not in KEYS)
    texts = {key: pulumi.runtime.config.get_config(f"{prefix}{key}") for key in KEYS}
    return {**unknown, **{key: structured(key, text) for key, text in texts.items() if text is not None}}


def _report(project: str, problems: list[Finding]) -> str:
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    lines = "\n".join(f"  {with_namespace(problem, project)}" for problem in problems)
    return f"the configuration has {count}; nothing was created:\n{lines}"
