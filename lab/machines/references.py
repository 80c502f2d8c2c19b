"""References of users to servers and images: an id, a name, or a unique beginning of either."""

from collections.abc import Iterable
from dataclasses import dataclass

from lab.world.records import Image, Server
from lab.world.servers.server_status import status_of
from lab.world.state import World

SHOWN = 8


@dataclass(frozen=True)
class Candidate:
    """
    Image or server that a reference can mean.

    Attributes:
        id: Id of the image or server.
        name: Name of the image or server.
        state: State in one word, for messages.
        exists: True if it exists; a deleted one is found by its whole id only.
    """

    id: str
    name: str
    state: str
    exists: bool = True

    def __str__(self) -> str:
        return f"{self.name} ({self.id}, {self.state})"


class Unresolved(Exception):
    """
    Reference that matches nothing, or is ambiguous; the message lists the candidates.

    Attributes:
        is_ambiguous: True if it matches several.
    """

    def __init__(self, message: str, is_ambiguous: bool) -> None:
        super().__init__(message)
        self.is_ambiguous = is_ambiguous


def server(world: World, reference: str) -> Server:
    """
    Return the server that a reference means.

    Raises:
        Unresolved: There is none, or several.
    """
    candidates = [Candidate(s.id, s.name, status_of(world, s), s.vm_state != "deleted") for s in world.servers]
    found = world.servers.get(resolve("server", candidates, reference, _failure(world, reference)))
    assert found is not None
    return found


def image(world: World, reference: str) -> Image:
    """
    Return the image that a reference means.

    Raises:
        Unresolved: There is none, or several.
    """
    candidates = [Candidate(i.id, i.name, f"created {i.created_at:%Y-%m-%d %H:%M:%S}") for i in world.images]
    found = world.images.get(resolve("image", candidates, reference))
    assert found is not None
    return found


def resolve(kind: str, candidates: Iterable[Candidate], reference: str, failure: str = "") -> str:
    """
    Return the id of the one candidate that a reference means.

    The whole id counts first, then the whole name, then the beginnings of both.

    Args:
        kind: Word for the kind of candidates.
        failure: Further knowledge about a reference that matches nothing.

    Raises:
        Unresolved: There is none, or several.
    """
    known = list(candidates)
    if any(each.id == reference for each in known):
        return reference
    present = [each for each in known if each.exists]
    named = [each for each in present if each.name == reference]
    found = named or [each for each in present if reference and _begins(each, reference)]
    if len(found) == 1:
        return found[0].id
    if found:
        raise Unresolved(f"{reference!r} can be {_listed(found)}; use more of the name, or the id", is_ambiguous=True)
    others = f"the {kind}s are {_listed(present)}" if present else f"there are no {kind}s"
    raise Unresolved(f"there is no {kind} {reference!r}{failure}; {others}", is_ambiguous=False)


def _begins(candidate: Candidate, reference: str) -> bool:
    return candidate.id.startswith(reference) or candidate.name.startswith(reference)


def _listed(candidates: list[Candidate]) -> str:
    shown = ", ".join(str(each) for each in sorted(candidates, key=lambda each: each.name)[:SHOWN])
    more = len(candidates) - SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def _failure(world: World, server_id: str) -> str:
    """Return the reason why a server could not be created, as the end of a clause; empty: none is known."""
    for job in world.jobs.records:
        if job.kind == "create_server" and job.status == "FAIL" and server_id in job.params.get("server_ids", []):
            return f": it could not be created: {job.fail_reason} ({job.error_code})"
    return ""
