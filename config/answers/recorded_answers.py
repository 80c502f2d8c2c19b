"""Answers as properties and the state record them: by their digest, without their text."""

import hashlib

from pydantic import BaseModel, ConfigDict

from config.answers.answer_files import AnswerKind, Answers

EDITION = 1
"""Edition of the changes that answers make to a medium. Raise it if equal answers change a medium in another way."""


class RecordedAnswers(BaseModel):
    """
    Answers without their text.

    Attributes:
        kind: Kind of the answers.
        name: Name that messages use for them.
        sha256: Digest of their text.
        parameters: Words that the kernel's command line gets with them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    kind: AnswerKind
    name: str
    sha256: str
    parameters: list[str] = []

    @classmethod
    def of(cls, answers: Answers) -> "RecordedAnswers":
        """Return answers without their text."""
        return cls(kind=answers.kind, name=answers.name, sha256=answers.sha256, parameters=[*answers.parameters])

    def inputs_sha256(self, iso_sha256: str) -> str:
        """
        Return a digest of everything that a customised medium is made of.

        It is known without the vendor's file, and is the same with a later version of the program, unless that changes
        media in another way.

        Args:
            iso_sha256: Digest of the vendor's file.
        """
        parts = [f"edition {EDITION}", iso_sha256, self.kind, self.sha256, *self.parameters]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()
