"""Look-ups that all lists of the network service share: pages, and one resource by its id."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from lab.world.ids import is_uuid
from lab.world.refusal import Refused


class HasId(Protocol):
    @property
    def id(self) -> str: ...


Resource = TypeVar("Resource", bound=HasId)


def page_of(resources: Sequence[Resource], marker: str | None, limit: int | None) -> Sequence[Resource]:
    if marker is not None:
        ids = [resource.id for resource in resources]
        # Not documented: the response to an unknown marker.
        resources = resources[ids.index(marker) + 1 :] if marker in ids else []
    return resources if limit is None else resources[:limit]


def one_of(resources: Sequence[Resource], resource_id: str, bad_code: str, missing_code: str) -> Resource:
    if not is_uuid(resource_id):
        raise Refused(bad_code, "The id is invalid.")
    found = next((resource for resource in resources if resource.id == resource_id), None)
    if found is None:
        raise Refused(missing_code, "The resource does not exist.")
    return found
