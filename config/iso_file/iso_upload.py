"""
Setting `iso`: an ISO file on this machine, behind an https URL or in the object store, resolved into `image_url`.

The object of an upload is named by the digest of the file, or of the file and its answers. So the location is known
before the upload, equal content is uploaded once, and another content is another location, which leads to a new image.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from config.answers.recorded_answers import RecordedAnswers
from config.iso_file import local_iso
from config.iso_file.iso_location import check_location

if TYPE_CHECKING:
    from config.answers.answer_settings import AnswerSettings

FOLDER = "iso"
"""Folder of the uploads in their bucket."""
LONGEST_SOURCE = 4096
NEEDS = ("iso", "image_url", "iso_bucket", "iso_sha256", "answers")
"""Settings that the location of an upload follows from."""
WITHOUT_FILE = "requires the vendor's file: set `iso` to a path on this machine or an https URL"
Reasons = list[tuple[str, str]]
"""Problems: setting and reason."""

_LOCATION = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]:(?!//)")


def upload_location(bucket: str, sha256: str) -> str:
    """Return the location of an upload, <bucket>:<object>, by the digest of its content or of its inputs."""
    return f"{bucket}:{FOLDER}/{sha256.lower()}.iso"


def is_url(iso: str) -> bool:
    """Return True for a source that is behind a URL."""
    return "://" in iso


def is_location(iso: str) -> bool:
    """Return True for a source that is in the object store already; a file of that name on this machine wins."""
    return bool(_LOCATION.match(iso)) and not Path(local_iso.absolute(iso)).exists()


def check_source(value: str) -> str:
    """
    Return the source of an upload unchanged if it can be read and shown.

    No message contains the value itself: a URL may hold a password or a signature.

    Raises:
        ValueError: The value is no path and no https URL, or a URL with a secret.
    """
    if not value.strip() or len(value) > LONGEST_SOURCE or not value.isprintable():
        raise ValueError(f"must be a path, an https URL or <bucket>:<object>, of at most {LONGEST_SOURCE} characters")
    if not is_url(value):
        return value
    try:
        parts = urlsplit(value)
        has_secret = bool(parts.username or parts.password or parts.query or parts.fragment)
        is_usable = parts.scheme.lower() == "https" and bool(parts.hostname) and bool(parts.path.strip("/"))
    except ValueError:
        is_usable = has_secret = False
    if not is_usable:
        raise ValueError("must be a path, an https URL of a file, or <bucket>:<object>")
    if has_secret:
        raise ValueError(
            "must be a URL without user, password and anything after '?': it is kept in the state; "
            "download the file yourself and name its path"
        )
    return value


def resolved(values: Mapping[str, Any]) -> tuple[dict[str, Any], Reasons]:
    """
    Return the settings of a build with the location of its ISO file in `image_url`.

    Resolving settings again changes nothing. Digests of files on this machine are computed, or read from a cache.

    Args:
        values: Settings that are known.

    Returns:
        The settings, and the problems of `iso`, each with its setting.
    """
    iso, answers = values.get("iso"), values.get("answers")
    answered, faults = _answers(answers)
    if answers is not None and (iso is None or (isinstance(iso, str) and is_location(iso))):
        return dict(values), [("answers", WITHOUT_FILE), *faults]
    if iso is None:
        return dict(values), []
    if not isinstance(iso, str):
        return dict(values), [("iso", "must be text: a path, an https URL or <bucket>:<object>"), *faults]
    try:
        check_source(iso)
    except ValueError as error:
        return dict(values), [("iso", str(error)), *faults]
    if is_location(iso):
        return _in_store(values, iso)
    bucket, problems = _bucket(values)
    sha256, more = _digest(values, iso)
    problems += [*more, *faults]
    if problems:
        return dict(values), problems
    name = sha256 if answered is None else RecordedAnswers.of(answered.content).inputs_sha256(sha256)
    location = upload_location(bucket, name)
    if values.get("image_url") not in (None, location):
        return dict(values), [_both()]
    found = {"answers": answered} if answered is not None else {}
    return {"iso_sha256": sha256, **values, **found, "image_url": location}, []


def _in_store(values: Mapping[str, Any], location: str) -> tuple[dict[str, Any], Reasons]:
    if values.get("image_url") not in (None, location):
        return dict(values), [_both()]
    try:
        check_location(location)
    except ValueError as error:
        return dict(values), [("iso", str(error))]
    return {**{key: value for key, value in values.items() if key != "iso"}, "image_url": location}, []


def _answers(values: Any) -> tuple["AnswerSettings | None", Reasons]:
    """Return the answers of a build, and their problems."""
    if values is None:
        return None, []
    # Loaded only for builds with answers.
    from config.answers import answer_settings

    found, faults = answer_settings.read(values)
    return found, [(".".join(filter(None, ("answers", key))), reason) for key, reason in faults]


def _both() -> tuple[str, str]:
    return "iso", "and image_url are both set; set one of them"


def _bucket(values: Mapping[str, Any]) -> tuple[str, Reasons]:
    bucket = values.get("iso_bucket")
    if bucket is None:
        return "", [("iso_bucket", "is missing; set it to the bucket that `iso` is uploaded to")]
    try:
        check_bucket(bucket)
    except ValueError as error:
        return "", [("iso_bucket", str(error))]
    return str(bucket), []


def check_bucket(bucket: Any) -> str:
    """
    Return the name of a bucket if it is one.

    Raises:
        ValueError: It is none.
    """
    if not isinstance(bucket, str) or ":" in bucket or "/" in bucket:
        raise ValueError("must be the name of a bucket, 3 to 63 lower-case letters, digits, '-' or '.'")
    try:
        check_location(f"{bucket}:{FOLDER}/a.iso")
    except ValueError as error:
        raise ValueError(str(error).rpartition("; ")[2]) from None
    return bucket


def _digest(values: Mapping[str, Any], iso: str) -> tuple[str, Reasons]:
    pin = values.get("iso_sha256")
    if pin is not None:
        is_valid = isinstance(pin, str) and re.fullmatch(r"[0-9A-Fa-f]{64}", pin)
        return (str(pin).lower() if is_valid else "0" * 64), []  # the setting's own validation reports a faulty one
    if is_url(iso):
        return "", [("iso_sha256", "is missing; set it to the digest that the publisher of the file names")]
    path = local_iso.absolute(iso)
    reason = local_iso.problem_of(path)
    if reason:
        return "", [("iso", f"{reason}; correct the path, or set iso_sha256 of a file that is uploaded already")]
    try:
        return local_iso.sha256_of(path), []
    except OSError as error:
        return "", [("iso", f"cannot be read: {error.strerror}")]
