"""
Ownership tag of everything that a build creates in the cloud: its build, the step that created it, its present owner.

One tag holds all three: the services allow ten tags, and the others are the user's. Every create() writes a new owner,
whether it creates or adopts, and keeps it in the resource's outputs. delete() deletes only what still carries that
owner. So a forced replacement, which adopts what the state already has, cannot delete it afterwards as "the old one".

A build may have two servers, one after the other. The step in the tag and the names tell their roles apart.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from config.constraints import TAG_KEY, is_ownership_key, is_reserved

Step = Literal["iso", "server", "image", "kept", "test", "copy", "kept-copy"]
"""Step that created something.

`kept` is a kept image of an earlier build, whose owner is the history that keeps it; `test` the server of a test.
"""
_STEPS = get_args(Step)
MAX_SERVER_NAME = 64
TEST = "test"
"""End of the name of a server that tests an image, behind the build id."""


@dataclass(frozen=True)
class OwnershipTag:
    """Ownership tag, with the value `<build id>.<step>.<owner>`: 33 of the 43 characters that a value may have."""

    build_id: str
    step: Step
    owner: str

    @classmethod
    def fresh(cls, build_id: str, step: Step) -> OwnershipTag:
        """Return an ownership tag with a new owner."""
        return cls(build_id, step, secrets.token_hex(4))

    @classmethod
    def first(cls, build_id: str, step: Step) -> OwnershipTag:
        """Return the ownership tag of a creation: always the same, so that a repeated request has the same body."""
        return cls(build_id, step, "0")

    @classmethod
    def of(cls, tags: Mapping[str, str]) -> OwnershipTag | None:
        """Return the ownership tag among the tags of a cloud resource; None if there is none."""
        build_id, _, rest = _value(tags).partition(".")
        step, _, owner = rest.partition(".")
        if build_id and owner and step in _STEPS:
            return cls(build_id, step, owner)  # type: ignore[arg-type]  # narrowed by the line above
        return None

    @property
    def as_tags(self) -> dict[str, str]:
        """Return the ownership tag as a mapping of its key to its value."""
        return {TAG_KEY: f"{self.build_id}.{self.step}.{self.owner}"}

    def same_step(self, other: OwnershipTag | None) -> bool:
        """Return True if both name the same step of the same build, whoever owns it."""
        return other is not None and (self.build_id, self.step) == (other.build_id, other.step)


@dataclass(frozen=True)
class ServerRole:
    """
    Role of a server in a build.

    Attributes:
        build_id: Id of the build.
        step: `server` for the temporary server, which installs the system; `test` for the one that tests the image.
    """

    build_id: str
    step: Literal["server", "test"] = "server"

    @property
    def first_tag(self) -> OwnershipTag:
        """Return the ownership tag that the server is created with."""
        return OwnershipTag.first(self.build_id, self.step)

    @property
    def fresh_tag(self) -> OwnershipTag:
        """Return an ownership tag with a new owner, for a server that is adopted."""
        return OwnershipTag.fresh(self.build_id, self.step)

    @property
    def key(self) -> str:
        """Return a text that identifies the role; the client tokens follow from it."""
        return self.build_id if self.step == "server" else f"{self.build_id}/{self.step}"

    def server_name(self, name: str) -> str:
        """Return the server's name, by which it is found again: at most 64 characters with the build id at the end."""
        end = f"-{self.build_id}" if self.step == "server" else f"-{self.build_id}-{TEST}"
        return f"{name[: MAX_SERVER_NAME - len(end)]}{end}"

    def is_played_by(self, name: str, tags: Mapping[str, str]) -> bool:
        """Return True if a server has this role, by its name and by its ownership tag."""
        tag = OwnershipTag.of(tags)
        is_test = name.endswith(f"-{self.build_id}-{TEST}") or (tag is not None and tag.step == TEST)
        return is_of_build(name, tags, self.build_id) and is_test == (self.step == TEST)


def is_of_build(name: str, tags: Mapping[str, str], build_id: str) -> bool:
    """
    Return True if a server belongs to a build: by its ownership tag, or by the build id at the end of its name.

    The name counts whatever the tag is: tags may show late, and anybody may remove or change one.
    """
    tag = OwnershipTag.of(tags)
    return (tag is not None and tag.build_id == build_id) or name.endswith((f"-{build_id}", f"-{build_id}-{TEST}"))


def new_build_id() -> str:
    """Return a random build id: 16 hexadecimal digits."""
    return secrets.token_hex(8)


def without_ownership_tag(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the user's own tags, without those that this program sets itself."""
    return {key: value for key, value in tags.items() if not is_reserved(key)}


def _value(tags: Mapping[str, str]) -> str:
    others = (value for key, value in tags.items() if is_ownership_key(key))
    return tags.get(TAG_KEY) or next(others, "")
