"""Setting `answers`: an answer file, or a profile with values, read into the answers that an installer gets."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from config.answers import answer_store
from config.answers.answer_files import READERS, Answers, AnswersRefused, ProfileName, read_answers
from config.documentation.settings_documentation import Setting
from config.iso_file import local_iso
from config.validation import reason

FILES = tuple(READERS)
SOURCES = (*FILES, "profile")
"""Settings of which one names the answers."""
Faults = list[tuple[str, str]]
"""Problems: key of the setting and reason."""
AnswerFile = Annotated[str, Field(min_length=1, max_length=4096)]


class AnswerSettings(BaseModel):
    """Answers that are added to a copy of the vendor's ISO file, so that it installs itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, hide_input_in_errors=True)

    preseed: Annotated[AnswerFile | None, Setting("path of a preseed file, for Debian's installer")] = None
    kickstart: Annotated[
        AnswerFile | None,
        Setting("path of a kickstart file, for Anaconda: RHEL, CentOS, Rocky, Alma, Fedora, openEuler"),
    ] = None
    autoinstall: Annotated[
        AnswerFile | None, Setting("path of an autoinstall file (user data), for Ubuntu's live server")
    ] = None
    autoyast: Annotated[AnswerFile | None, Setting("path of an AutoYaST file, for SLES and openSUSE Leap 15")] = None
    profile: Annotated[
        ProfileName | None,
        Setting("ready-made answers: `debian`, `ubuntu`, `anaconda` or `suse`"),
    ] = None
    values: Annotated[
        dict[str, Any],
        Field(repr=False),
        Setting(
            "values of the profile by their keys, such as `packages`; the state has only a digest of them, see "
            "[below](#answers)",
            default="those of the profile",
        ),
    ] = {}

    @model_validator(mode="after")
    def _has_one_source(self) -> AnswerSettings:
        given = [name for name in SOURCES if getattr(self, name) is not None]
        if len(given) != 1:
            listed = ", ".join(f"`{name}`" for name in SOURCES)
            raise ValueError(f"must set exactly one of {listed}")
        if self.values and self.profile is None:
            raise ValueError("must not set `values` without `profile`: edit the file instead")
        return self

    @cached_property
    def content(self) -> Answers:
        """
        Return the answers, which may contain secrets.

        Raises:
            AnswersRefused: The file cannot be used.
            ValidationError: Values of the profile are faulty.
        """
        if self.profile is not None:
            # The models of profiles are loaded only for builds that use them.
            from config.answers.profiles.profile_answers import answers_of
            from config.answers.profiles.profile_model import Profile

            profile = Profile.model_validate({**self.values, "profile": self.profile})
            return answer_store.remembered(answers_of(profile, f"profile {self.profile}"))
        kind = next(name for name in FILES if getattr(self, name) is not None)
        path = local_iso.absolute(getattr(self, kind))
        fault = local_iso.problem_of(path)
        if fault:
            raise AnswersRefused(f"names {path}, which {fault}")
        return answer_store.remembered(read_answers(Path(path), kind))

    def faults(self) -> Faults:
        """Return the problems of the answers, each with the key of its setting within `answers`."""
        if "profile" in self.values:
            return [("values.profile", "is not a value: set `profile` beside `values`")]
        try:
            self.content  # noqa: B018
        except AnswersRefused as error:
            return [(next(name for name in SOURCES if getattr(self, name) is not None), str(error))]
        except ValidationError as error:
            from config.answers.profiles.profile_model import Profile

            found = error.errors(include_url=False)
            return [(".".join(["values", *map(str, item["loc"])]), reason(item, Profile)) for item in found]
        return []


def read(values: Any) -> tuple[AnswerSettings | None, Faults]:
    """
    Return the answers of a build, and all problems of them with their keys within `answers`.

    Args:
        values: The setting as the configuration has it, or as it was read before.
    """
    if isinstance(values, AnswerSettings):
        return values, values.faults()
    try:
        settings = AnswerSettings.model_validate(values)
    except ValidationError as error:
        found = error.errors(include_url=False)
        return None, [(".".join(map(str, item["loc"])), reason(item, AnswerSettings)) for item in found]
    return settings, settings.faults()
