"""Who acts, and where: the credentials are good, and the project is there."""

from collections.abc import Iterator

from config.problems import Finding
from preflight.checked_stack import Check, Stack


def checks(stack: Stack) -> list[Check]:
    """One look at the project; what is wrong with it is said by the error itself."""

    def judge() -> Iterator[Finding]:
        stack.catalog.project_id()
        return iter(())

    return [Check("credentials and project", "iam:projects:list", judge, build_needs_it=True)]
