"""Settings of a build: the model of the stack's configuration."""

import hashlib
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    ValidationInfo,
    field_validator,
)

from config.answers.answer_settings import AnswerSettings
from config.answers.recorded_answers import RecordedAnswers
from config.builds.build_source import BuildSource
from config.builds.publication import problem_of_tags
from config.builds.settings_model import NEW_IMAGE, NEXT_BUILD, UPDATE, Settings
from config.builds.verification import Minutes
from config.constraints import (
    DECIMAL,
    WHOLE,
    BucketName,
    Description,
    Tags,
    Text,
    UserData,
)
from config.documentation.settings_documentation import Setting

MIB_IN_GIB = 1024


class Installation(Settings):
    """Installation: the way its end is recognized, its time limit, and the fate of a server that does not end it."""

    mode: Annotated[
        Literal["unattended", "interactive"],
        Setting(
            "`unattended`: the installer shuts the server down; `interactive`: you install over the remote console and "
            "shut it down",
            on_change=NEXT_BUILD,
        ),
    ] = "unattended"
    timeout_minutes: Annotated[
        Minutes,
        Setting(
            "time limit of the installation, counted from the creation of the server",
            unit="minutes",
            on_change="the length of the wait",
        ),
    ] = 120
    on_timeout: Annotated[
        Literal["keep", "remove"],
        Setting(
            "`keep` or `remove` the server of an installation that does not end; its console and screen are "
            "[saved](../how-to/recovery.md#what-a-failed-step-shows) before it is removed",
            on_change="the fate of that server",
        ),
    ] = "keep"
    allowed_restarts: Annotated[
        int | None,
        Field(ge=0),
        Setting(
            "restarts of an unattended installer that do not end the run, see "
            "[progress](../how-to/progress.md#an-installer-that-starts-again)",
            default="1",
            on_change="the end of the wait",
        ),
    ] = None
    package_list: Annotated[
        bool,
        Setting(
            "read the [list of packages](../how-to/provenance.md#packages) that the system prints on its console at "
            "the end, and write a bill of materials",
            on_change=NEXT_BUILD,
        ),
    ] = False


class BuildSettings(BuildSource):
    """Settings of one image: its ISO file, the temporary server that installs it, and the image itself."""

    region: Annotated[
        Text | None,
        Setting(
            "region of the build: a region id, or the name of an entry of `regions`",
            default="the stack's `region`",
            on_change="a new image there, and the end of the old one",
        ),
    ] = None
    min_ram: Annotated[
        int,
        Field(ge=0, le=1048576),
        WHOLE,
        Setting("smallest memory of a server from the image; 0 is no limit", unit="MiB", on_change=UPDATE),
    ] = 0
    max_ram: Annotated[
        Annotated[int, Field(ge=1, le=1048576), WHOLE] | None,
        Setting(
            "largest memory of a server from the image, not less than `min_ram`",
            unit="MiB",
            default="no limit",
            on_change=UPDATE,
        ),
    ] = None
    # Not validated, so that no process builds the validator of the model before it validates settings.
    installation: Annotated[Installation, Setting("end and time limit of the installation")] = (
        Installation.model_construct()
    )
    user_data: Annotated[
        UserData,
        Field(repr=False),
        Setting(
            "data for an installer that reads it as cloud-init does, at most 32 KiB; kept as a secret",
            default="none",
            on_change=NEW_IMAGE,
        ),
    ] = ""
    description: Annotated[
        Description,
        Setting(
            "description of the image: at most 1024 characters, without `<`, `>` and line breaks", on_change=UPDATE
        ),
    ] = ""
    tags: Annotated[
        Tags,
        Setting(
            "at most 9, on everything that the build creates; key 1 to 36, value 0 to 43 letters, digits, `_`, `-` "
            "(value also `.`); the keys `image-from-iso` and `image-provenance`, in any spelling, are reserved",
            default="none",
            on_change="an update of the image",
        ),
    ] = {}
    keep_images: Annotated[
        int,
        Field(ge=0, le=50),
        WHOLE,
        Setting(
            "number of images of earlier builds that are kept beside the present one; `destroy` deletes them",
            on_change=UPDATE,
        ),
    ] = 0
    max_age_days: Annotated[
        Annotated[float, Field(gt=0, le=3650), DECIMAL] | None,
        Setting(
            "age of the image from which the next `up` builds a new one, see "
            "[scheduled rebuilds](../how-to/scheduled-rebuilds.md)",
            unit="days",
            default="no limit",
            on_change="a new image, if the present one is older",
        ),
    ] = None
    auto_terminate: Annotated[
        Literal["auto", "on", "off"],
        Setting(
            "automatic deletion of the temporary server by the cloud if no run waits for it any more: `auto` (in the "
            "regions that offer it), `on`, `off`",
            on_change="the next server",
        ),
    ] = "auto"
    answers: Annotated[
        AnswerSettings | None,
        Field(repr=False),
        Setting("answers that a copy of `iso` gets, so that it installs itself", default="none", on_change=NEW_IMAGE),
    ] = None
    iso_bucket: Annotated[
        BucketName | None,
        Setting(
            "bucket that `iso` is uploaded to, in the same region; required for an upload",
            on_change="another upload, and a new image",
        ),
    ] = None
    keep_iso_object: Annotated[
        bool,
        Setting(
            "keep the upload of `iso` when no build of the stack uses it any more; otherwise it is deleted",
            on_change=UPDATE,
        ),
    ] = False
    min_image_size: Annotated[
        float,
        Field(ge=0, le=1048576),
        DECIMAL,
        Setting(
            "smallest size of a captured image; a smaller one was never installed, and is refused; at most the size of "
            "the data disk",
            unit="MiB",
            on_change=NEXT_BUILD,
        ),
    ] = 10

    @field_validator("max_ram")
    @classmethod
    def _not_below_min_ram(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is not None and value < info.data.get("min_ram", 0):
            raise ValueError(f"must be at least min_ram, {info.data['min_ram']} MiB")
        return value

    @field_validator("tags")
    @classmethod
    def _leave_room_for_publication(cls, value: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        if info.data.get("publish") and (reason := problem_of_tags(value)):
            raise ValueError(reason)
        return value

    @field_validator("min_image_size")
    @classmethod
    def _fits_the_disk(cls, value: float, info: ValidationInfo) -> float:
        disks = info.data.get("data_volumes") or []
        if disks and value > disks[0].size * MIB_IN_GIB:
            limit = f"{disks[0].size * MIB_IN_GIB} MiB"
            raise ValueError(f"must be at most the size of the data disk, {limit}: its image is never larger")
        return value

    @property
    def triggers(self) -> dict[str, Any]:
        """Return everything whose change leads to a new image, beside `rebuild`, `use_build` and the file's content."""
        return self.triggers_with(self.user_data_digest)

    @property
    def recorded_answers(self) -> RecordedAnswers | None:
        """Return the answers that are added to the ISO file, without their text; None without `answers`."""
        return RecordedAnswers.of(self.answers.content) if self.answers is not None else None

    @property
    def user_data_digest(self) -> str:
        """Return a digest that tells user data apart without showing it; "" for a build without."""
        return hashlib.sha256(self.user_data.encode()).hexdigest()[:16] if self.user_data else ""


ORDER = tuple(BuildSettings.model_fields)
"""Settings of a build in the order of the documentation and of reports."""
