"""Build as the preflight checks it, and as the state records it."""

from operator import not_
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import ConfigDict, Field

from config.answers.recorded_answers import RecordedAnswers
from config.builds.build_source import BuildSource
from config.constraints import ProjectId
from config.iso_file.iso_content import IsoContent

if TYPE_CHECKING:
    from config.builds.build_settings import BuildSettings


class Build(BuildSource):
    """
    One build as the preflight checks it, and as the state records it. Settings that no check reads are left out.

    Attributes:
        index: Position in the configuration, from 0; None for a build that a program declares itself.
        user_data_digest: Digest of the user data; "" for a build without.
        answers: Answers that are added to the ISO file; None without.
        content: Content of the ISO file, as the object store identifies it.
        create_iso_bucket: As in the settings; left out of the properties if false, as share_with if empty.
        share_with: As in the settings; left out of the properties if empty, because earlier versions did not record it.
    """

    model_config = ConfigDict(extra="ignore", defer_build=True)

    index: int | None = None
    user_data_digest: str = ""
    answers: RecordedAnswers | None = None
    content: IsoContent | None = None
    create_iso_bucket: Annotated[bool, Field(exclude_if=not_)] = False
    share_with: Annotated[list[ProjectId], Field(max_length=128, exclude_if=not_)] = []

    @classmethod
    def of(cls, settings: "BuildSettings", index: int | None = None) -> "Build":
        """
        Return a build of the configuration for the preflight.

        Args:
            settings: Settings without problems.
            index: Position in the configuration, from 0; None for a build that a program declares itself.
        """
        kept = {key: getattr(settings, key) for key in BuildSource.model_fields}
        return cls.model_construct(
            **kept, index=index, user_data_digest=settings.user_data_digest, answers=settings.recorded_answers
        )

    @property
    def recorded_answers(self) -> RecordedAnswers | None:
        """Return the answers that are added to the ISO file; None without `answers`."""
        return self.answers

    def key(self, setting: str) -> str:
        """Return the key of a setting: `builds[0].flavor` in a configuration, `golden.flavor` in a program."""
        return f"{self.name if self.index is None else f'builds[{self.index}]'}.{setting}"

    @property
    def firmware(self) -> str:
        """
        Return the firmware that the server boots with.

        Source: IMS "image attributes": hw_firmware_type is bios where it is missing; arm boots by uefi only.
        """
        return self.hw_firmware_type or ("uefi" if self.architecture == "arm" else "bios")

    def must_follow(self, earlier: "Build | None") -> bool:
        """Return true if a run has to create an image, where the run before has left `earlier`."""
        return not self.use_build and (earlier is None or earlier._wanted != self._wanted or self._has_changed(earlier))

    def can_share_import(self, earlier: "Build") -> bool:
        """Return true if the ISO image of an earlier run is that of its file."""
        if self.content is None or earlier.content is None:
            return self.import_key == earlier.import_key
        return self.import_key == earlier.import_key and self.content.is_same_object(earlier.content)

    @property
    def _wanted(self) -> tuple[Any, ...]:
        return (self.triggers_with(self.user_data_digest), self.rebuild, self.use_build)

    def _has_changed(self, earlier: "Build") -> bool:
        if self.content is None or earlier.content is None:  # an earlier version has recorded none
            return False
        return not self._pinned().is_same_file(earlier._pinned())

    def _pinned(self) -> IsoContent:
        content = self.content or IsoContent(size_bytes=0)
        return content.model_copy(update={"sha256": self.object_sha256})
