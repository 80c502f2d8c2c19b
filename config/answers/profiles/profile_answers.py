"""Answers of a profile, for each family of installers."""

from collections.abc import Callable

from config.answers.answer_files import AnswerKind, Answers, ProfileName
from config.answers.profiles.anaconda_kickstart import kickstart
from config.answers.profiles.debian_preseed import preseed
from config.answers.profiles.finishing import CONSOLES
from config.answers.profiles.profile_model import Profile
from config.answers.profiles.suse_autoyast import autoyast
from config.answers.profiles.ubuntu_autoinstall import autoinstall

_WRITERS: dict[ProfileName, tuple[AnswerKind, Callable[[Profile], str]]] = {
    "debian": ("preseed", preseed),
    "ubuntu": ("autoinstall", autoinstall),
    "anaconda": ("kickstart", kickstart),
    "suse": ("autoyast", autoyast),
}


def answers_of(profile: Profile, name: str) -> Answers:
    """Return the answers of a profile, with the name that messages use for them."""
    kind, write = _WRITERS[profile.profile]
    return Answers(kind, name, write(profile).encode(), tuple(CONSOLES.split()))


def shown_answers(profile: Profile) -> str:
    """Return the answers of a profile for a terminal: without the password hash, whose place shows `!`."""
    if profile.user and profile.user.password_hash:
        open_user = profile.user.model_copy(update={"password_hash": None})
        profile = profile.model_copy(update={"user": open_user})
    return answers_of(profile, profile.profile).text
