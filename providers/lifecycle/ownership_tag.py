"""The mark on everything that a build makes in the cloud: whose it is, which step made it, and who owns it now.

One tag holds all three (the services allow ten tags, the others are the user's). The owner is written anew by
every create(), whether it makes or adopts, and kept in the resource's outputs; delete() removes a thing only while
the thing still carries that owner. So a forced replacement, which adopts what the state already has, cannot
delete it afterwards as "the old one".
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

TAG_KEY = "image-from-iso"

Step = Literal["iso", "server", "image", "kept"]
"""What made a thing; `kept` is the image of an earlier build that is kept, and its owner the history that keeps it."""
_STEPS = get_args(Step)


@dataclass(frozen=True)
class Mark:
    """The value of the mark's tag, `<build id>.<step>.<owner>`: 33 of the 43 characters that a value may have."""

    build_id: str
    step: Step
    owner: str

    @classmethod
    def fresh(cls, build_id: str, step: Step) -> "Mark":
        """A mark with a new owner."""
        return cls(build_id, step, secrets.token_hex(4))

    @classmethod
    def first(cls, build_id: str, step: Step) -> "Mark":
        """The mark with which a thing is made: always the same, so that a repeated request has the same body."""
        return cls(build_id, step, "0")

    @classmethod
    def of(cls, tags: Mapping[str, str]) -> "Mark | None":
        """The mark among the tags of a cloud resource, or None where there is none."""
        build_id, _, rest = _value(tags).partition(".")
        step, _, owner = rest.partition(".")
        if build_id and owner and step in _STEPS:
            return cls(build_id, step, owner)  # type: ignore[arg-type]  # narrowed by the line above
        return None

    @property
    def tag(self) -> dict[str, str]:
        """The mark as a tag."""
        return {TAG_KEY: f"{self.build_id}.{self.step}.{self.owner}"}

    def same_thing(self, other: "Mark | None") -> bool:
        """Whether both name the same step of the same build, whoever owns it."""
        return other is not None and (self.build_id, self.step) == (other.build_id, other.step)


def new_build_id() -> str:
    """A random build id: 16 hexadecimal digits."""
    return secrets.token_hex(8)


def is_reserved(key: str) -> bool:
    """Return true for every spelling of the key of the ownership tag.

    Not documented: if the services take keys that differ in case for one and the same.
    """
    return key.strip().casefold() == TAG_KEY


def without_mark(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the user's own tags."""
    return {key: value for key, value in tags.items() if not is_reserved(key)}


def _value(tags: Mapping[str, str]) -> str:
    others = (value for key, value in tags.items() if is_reserved(key))
    return tags.get(TAG_KEY) or next(others, "")
