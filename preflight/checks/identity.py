"""Checks of the credentials and the project."""

from collections.abc import Iterator

from config.problems import Finding
from preflight.checked_stack import Check, Stack


def checks(stack: Stack) -> list[Check]:
    """Return one check that reads the project; its error describes the problem."""

    def evaluate() -> Iterator[Finding]:
        stack.catalog.project_id()
        return iter(())

    return [Check("credentials and project", "iam:projects:list", evaluate, build_needs_it=True)]
