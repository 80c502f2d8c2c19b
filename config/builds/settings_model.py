"""Base of all settings of a build, and the effects that a change of a setting may have."""

from pydantic import BaseModel, ConfigDict

NEW_IMAGE = "a new image"
NEXT_BUILD = "nothing before the next build"
UPDATE = "an update"
NEXT_TEST = "nothing before the next test"


class Settings(BaseModel):
    """Base of all settings: frozen, and closed so that a misspelt key is a problem."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
