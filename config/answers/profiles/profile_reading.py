"""Profiles read from YAML files, with all problems of their values at once."""

from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import ValidationError

from config.answers.answer_files import AnswersRefused, ProfileName
from config.answers.profiles.profile_model import Profile
from config.suggestions import shown_key
from config.validation import reason

NAMES: tuple[ProfileName, ...] = get_args(ProfileName)
MAX_BYTES = 256 * 1024


class ProfileRefused(AnswersRefused):
    """Problems of a profile, one in each line; secret values are never among them."""


def read_profile(source: str) -> Profile:
    """
    Return a profile with its default values by its name, or with the values of a YAML file.

    Raises:
        ProfileRefused: The values are not valid; the message has all problems with their keys.
    """
    if source in NAMES:
        return validated({"profile": source}, source)
    file = Path(source).expanduser()
    if not file.exists():
        raise ProfileRefused(f"there is no profile {source!r} and no file of that name; profiles: {', '.join(NAMES)}")
    content = file.read_bytes()
    if len(content) > MAX_BYTES:
        raise ProfileRefused(f"{file.name} has {len(content)} bytes; a profile has at most {MAX_BYTES}")
    try:
        values = yaml.safe_load(content)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # The text of the error quotes lines, which may hold a password hash.
        mark = getattr(error, "problem_mark", None)
        place = f":{mark.line + 1}" if mark else ""
        raise ProfileRefused(f"{file.name}{place} is not valid YAML") from None
    return validated(values, file.name)


def validated(values: Any, name: str) -> Profile:
    """Return a profile from values of a file."""
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise ProfileRefused(f"{name} must be a mapping of settings, with at least `profile: {NAMES[0]}`")
    try:
        return Profile.model_validate(values)
    except ValidationError as error:
        problems = [f"{_key(found['loc'])}: {reason(found, Profile)}" for found in error.errors(include_url=False)]
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    raise ProfileRefused("\n".join([f"{name}: {count}", *(f"  {problem}" for problem in problems)]))


def _key(location: tuple[str | int, ...]) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{shown_key(part)}"
    return text.removeprefix(".")
