"""Answers of a profile, for each family of installers."""

from collections.abc import Callable

from iso.profiles.anaconda_kickstart import kickstart
from iso.profiles.debian_preseed import preseed
from iso.profiles.profile_model import Profile, ProfileName
from iso.profiles.suse_autoyast import autoyast
from iso.profiles.ubuntu_autoinstall import autoinstall
from iso.vendor.answer_files import AnswerKind, Answers

_WRITERS: dict[ProfileName, tuple[AnswerKind, Callable[[Profile], str]]] = {
    "debian": ("preseed", preseed),
    "ubuntu": ("autoinstall", autoinstall),
    "anaconda": ("kickstart", kickstart),
    "suse": ("autoyast", autoyast),
}


def answers_of(profile: Profile, name: str) -> Answers:
    """Return the answers of a profile, with the name that messages use for them."""
    kind, write = _WRITERS[profile.profile]
    return Answers(kind, name, write(profile).encode())


def shown_answers(profile: Profile) -> str:
    """Return the answers of a profile for a terminal: without the password hash, whose place shows `!`."""
    if profile.user and profile.user.password_hash:
        open_user = profile.user.model_copy(update={"password_hash": None})
        profile = profile.model_copy(update={"user": open_user})
    return answers_of(profile, profile.profile).text
