"""What a preflight shows: the faults as one message, the ISO files, and what the quotas leave."""

from collections.abc import Iterator, Sequence
from typing import Any

from config.iso_file.iso_location import IsoObject
from config.iso_file.iso_names import shown_location
from config.problems import Finding, with_namespace
from huaweicloud.errors import CloudError
from preflight.checked_stack import Stack


def report(faults: Sequence[Finding], project: str) -> str:
    """
    All faults in one message.

    Args:
        faults: in the order in which they are to be read.
        project: the namespace of the configuration keys.
    """
    count = "one fault" if len(faults) == 1 else f"{len(faults)} faults"
    lines = "\n".join(f"  {with_namespace(finding, project)}" for finding in faults)
    return f"the preflight found {count}; nothing was created:\n{lines}"


def files(stack: Stack) -> Iterator[str]:
    """A line for each ISO file that could be looked at."""
    for url in dict.fromkeys(build.image_url for build in stack.builds):
        iso = IsoObject.parse(url)
        try:
            found = stack.catalog.iso_file(iso.bucket, iso.key)
        except CloudError:
            continue  # said by the checks already
        if found is not None:
            yield f"{shown_location(url)}: {found.describe()}"


def quotas(stack: Stack) -> dict[str, Any]:
    """How many servers the quota leaves, where it was looked at; a policy may ask for it."""
    if not stack.to_make:
        return {}
    try:
        limits = stack.catalog.limits()
    except CloudError:
        return {}
    if limits.max_instances < 0:
        return {}
    return {"quotas": {"servers_left": limits.max_instances - limits.used_instances}}
