"""Output of a preflight: one message with all problems, a line per ISO file, and the rest of the quotas."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from config import wording
from config.builds.build_settings import ORDER
from config.iso_file.iso_location import IsoObject
from config.iso_file.iso_names import shown_location
from config.problems import Finding, in_order, with_namespace
from huaweicloud.errors import CloudError
from preflight.checked_stack import Stack


def report(problems: Sequence[Finding], project: str, builds: Collection[str] = ()) -> str:
    """
    Return all problems in one message, in the order of the configuration.

    Args:
        problems: Problems in any order.
        project: Namespace of the configuration keys.
        builds: Names of builds that a program declares itself; the preflight is that of such a build then.
    """
    count = wording.count(len(problems), "problem")
    lines = "\n".join(f"  {with_namespace(finding, project, builds)}" for finding in in_order(problems, ORDER))
    effect = "the build did not begin" if builds else "nothing was created"
    return f"the preflight found {count}; {effect}:\n{lines}"


def files(stack: Stack) -> Iterator[str]:
    """Yield a line for each ISO file that could be read."""
    for url in dict.fromkeys(build.image_url for build in stack.builds):
        iso = IsoObject.parse(url)
        try:
            found = stack.catalog.iso_file(iso.bucket, iso.key)
        except CloudError:
            continue  # The checks report it.
        if found is not None:
            yield f"{shown_location(url)}: {found.describe()}"


def quotas(stack: Stack) -> dict[str, Any]:
    """Return the number of servers that the quota leaves, for policies; nothing if it is unknown or unlimited."""
    if not stack.to_make:
        return {}
    try:
        limits = stack.catalog.limits()
    except CloudError:
        return {}
    if limits.max_instances < 0:
        return {}
    return {"quotas": {"servers_left": limits.max_instances - limits.used_instances}}
