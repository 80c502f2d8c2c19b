"""Setting `verify` of a build: the test of its image before the outputs name it."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from config.builds.settings_model import NEXT_TEST, Settings
from config.constraints import DECIMAL, WHOLE, Text
from config.documentation.settings_documentation import Setting

Minutes = Annotated[float, Field(gt=0, le=7 * 24 * 60), DECIMAL]


class Verification(Settings):
    """Test of the finished image: the server that it starts, the sign of success, and the fate of a failed image."""

    until: Annotated[
        Text | None,
        Setting(
            "text that the console of a server from the image shows when the system works, such as `login:`; "
            "required without `port`",
            on_change=NEXT_TEST,
        ),
    ] = None
    port: Annotated[
        Annotated[int, Field(ge=1, le=65535), WHOLE] | None,
        Setting(
            "TCP port that the server opens; this machine must reach its subnet, and a group admit it; required "
            "without `until`",
            on_change=NEXT_TEST,
        ),
    ] = None
    timeout_minutes: Annotated[
        Minutes,
        Setting("time limit of the test, counted from the creation of its server", unit="minutes", on_change=NEXT_TEST),
    ] = 10
    flavor: Annotated[
        Text | None,
        Setting("flavor of the server of the test", default="that of the temporary server", on_change=NEXT_TEST),
    ] = None
    on_failure: Annotated[
        Literal["keep", "delete"],
        Setting(
            "`keep` an image that fails under the name `<image_name>-failed-<build id>`, or `delete` it",
            on_change=NEXT_TEST,
        ),
    ] = "keep"
    inspection: Annotated[
        Literal["required"] | None,
        Setting(
            "`required`: the lab's inspection of the image must find no errors, too; a cloud inspects no images, and a "
            "run there reports this and goes on",
            on_change=NEXT_TEST,
        ),
    ] = None

    @model_validator(mode="after")
    def _has_a_sign(self) -> "Verification":
        if self.until is None and self.port is None:
            raise ValueError("must set `until`, a text on the console, or `port`, a TCP port, or both")
        return self
