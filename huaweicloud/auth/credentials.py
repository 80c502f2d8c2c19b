"""
Credentials of the user, and their sources.

Precedence: the environment, then the given settings, then the shared configuration file of the cloud's command line
tool. Within one source a complete access key wins over a password. The environment wins because a refresh or a destroy
receives the settings of an earlier run.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from huaweicloud.errors import CredentialsMissing, InvalidSetting

ENVIRONMENT_NAMES = {
    "access_key": "HW_ACCESS_KEY",
    "secret_key": "HW_SECRET_KEY",
    "security_token": "HW_SECURITY_TOKEN",
    "user_name": "HW_USER_NAME",
    "password": "HW_USER_PASSWORD",
    "domain_name": "HW_DOMAIN_NAME",
    "agency_name": "HW_ASSUME_ROLE_AGENCY_NAME",
    "agency_domain_name": "HW_ASSUME_ROLE_DOMAIN_NAME",
}
ACCESS_KEY_PARTS = ("access_key", "secret_key")
HEADER_PARTS = (*ACCESS_KEY_PARTS, "security_token")
AGENCY_PARTS = ("agency_name", "agency_domain_name")
PASSWORD_PARTS = ("user_name", "password", "domain_name")


@dataclass(frozen=True)
class PasswordCredentials:
    """
    Credentials of an IAM user with a password, who signs in for a token.

    Args:
        user_name: Name of the IAM user.
        password: Password of the user.
        domain_name: Name of the account.
    """

    user_name: str
    password: str = field(repr=False)
    domain_name: str


@dataclass(frozen=True)
class AccessKeyCredentials:
    """
    Access key that signs each request.

    Args:
        access_key: Access key id.
        secret_key: Secret access key.
        security_token: Security token of a temporary key.
        expires_at: Expiry of a temporary key (UTC), if known.
    """

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None


@dataclass(frozen=True)
class AgencyCredentials:
    """
    Credentials for access to another account through an agency.

    Args:
        base: Own credentials of the user.
        agency_name: Name of the agency in the delegating account.
        agency_domain_name: Name of the delegating account.
    """

    base: PasswordCredentials | AccessKeyCredentials
    agency_name: str
    agency_domain_name: str


Credentials = PasswordCredentials | AccessKeyCredentials | AgencyCredentials


def find_credentials(
    settings: Mapping[str, str], environment: Mapping[str, str], config_file: Path | None
) -> Credentials:
    """
    Find the credentials to use.

    A complete access key wins over a password from the same source. An agency is added to any of them.

    Args:
        settings: Values of user_name, password, domain_name, access_key, secret_key, security_token, agency_name and
            agency_domain_name; any may be missing.
        environment: Process environment; names as in `ENVIRONMENT_NAMES`.
        config_file: Configuration file of the cloud's command line tool, or None. `HW_SHARED_CONFIG_FILE` names another
            file and `HW_PROFILE` a profile in it.

    Returns:
        The credentials.

    Raises:
        CredentialsMissing: No complete set was found; the message names the sources.
        InvalidSetting: A value holds characters that no request can carry.
    """
    from_environment = {
        key: environment[name].strip() for key, name in ENVIRONMENT_NAMES.items() if environment.get(name, "").strip()
    }
    from_settings = {key: value for key, value in settings.items() if key in ENVIRONMENT_NAMES and value}
    for place in (from_environment, from_settings, {**from_settings, **from_environment}):
        base = _base(place)
        if base is not None:
            _require_sendable(_used(base, place), from_environment)
            return _with_agency(base, _sendable_agency(from_settings, from_environment))
    return _from_shared_file(environment, config_file, _sendable_agency(from_settings, from_environment))


def _used(base: "PasswordCredentials | AccessKeyCredentials", place: Mapping[str, str]) -> dict[str, str]:
    parts = PASSWORD_PARTS if isinstance(base, PasswordCredentials) else (*ACCESS_KEY_PARTS, "security_token")
    return {part: place[part] for part in parts if place.get(part)}


def _sendable_agency(settings: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    values = {**settings, **environment}
    _require_sendable({key: values[key] for key in AGENCY_PARTS if values.get(key)}, environment)
    return values


def _require_sendable(values: Mapping[str, str], from_environment: Mapping[str, str]) -> None:
    """Refuse characters that no header or body can carry, and that are invisible in a pasted value."""
    for key, value in values.items():
        if key in HEADER_PARTS and not _fits_a_header(value):
            problem = "holds characters that no key has: spaces, line breaks or letters beyond ASCII"
        elif _is_damaged(value):
            problem = "holds control characters or bytes that are not UTF-8"
        else:
            continue
        source = ENVIRONMENT_NAMES[key] if from_environment.get(key) == value else key
        raise InvalidSetting(source, problem, hint="copy the value again, without anything around it")


def find_project_problems(
    place: Mapping[str, object], environment: Mapping[str, str], keys: Mapping[str, str]
) -> list[InvalidSetting]:
    """
    Return an error for each value of a project's id or name that no request can carry.

    Args:
        place: Values of project_id and project_name; either may be missing.
        environment: Process environment, if it determines the project.
        keys: Configuration key of each value.
    """
    found = []
    for part, key in keys.items():
        value = place.get(part)
        if not isinstance(value, str) or not value:
            continue
        variable = f"HW_{part.upper()}"
        setting = variable if environment.get(variable) == value else key
        if part == "project_id" and not _fits_a_header(value):
            found.append(InvalidSetting(setting, "is not an id: it holds spaces, line breaks or letters beyond ASCII"))
        elif _is_damaged(value):
            found.append(InvalidSetting(setting, "holds control characters or bytes that are not UTF-8"))
    return found


def _is_damaged(value: str) -> bool:
    return any(unicodedata.category(letter) in ("Cc", "Cs") or letter == "\ufffd" for letter in value)


def _fits_a_header(value: str) -> bool:
    return value.isascii() and value.isprintable() and " " not in value


def _base(values: Mapping[str, str]) -> PasswordCredentials | AccessKeyCredentials | None:
    if all(values.get(part) for part in ACCESS_KEY_PARTS):
        return AccessKeyCredentials(values["access_key"], values["secret_key"], values.get("security_token"))
    if all(values.get(part) for part in PASSWORD_PARTS):
        return PasswordCredentials(values["user_name"], values["password"], values["domain_name"])
    return None


def _with_agency(base: PasswordCredentials | AccessKeyCredentials, values: Mapping[str, str]) -> Credentials:
    if not values.get("agency_name"):
        return base
    if not values.get("agency_domain_name"):
        raise CredentialsMissing(
            "agency_name is set, but the account of the agency is not",
            hint="set agency_domain_name or HW_ASSUME_ROLE_DOMAIN_NAME",
        )
    return AgencyCredentials(base, values["agency_name"], values["agency_domain_name"])


def _from_shared_file(
    environment: Mapping[str, str], config_file: Path | None, values: Mapping[str, str]
) -> Credentials:
    from huaweicloud.auth.shared_config import read_profile

    named = environment.get("HW_SHARED_CONFIG_FILE")
    try:
        file = Path(named).expanduser() if named else config_file
    except RuntimeError:
        raise InvalidSetting("HW_SHARED_CONFIG_FILE", "begins with '~' and the name of an unknown user") from None
    try:
        profile = read_profile(file, environment.get("HW_PROFILE"), required=bool(named)) if file else None
    except CredentialsMissing as error:
        if not named or "profile" in error.message:
            raise
        raise InvalidSetting("HW_SHARED_CONFIG_FILE", f"cannot be used: {error.message}", hint=error.hint) from None
    if profile is None:
        raise CredentialsMissing(_missing(values, file), hint=_HINT)
    return _with_agency(profile.credentials, {**profile.agency, **values})


_HINT = "Set HW_ACCESS_KEY and HW_SECRET_KEY, or HW_USER_NAME, HW_USER_PASSWORD and HW_DOMAIN_NAME."


def _missing(values: Mapping[str, str], file: Path | None) -> str:
    """Return the gap in an incomplete set, or else the list of all sources."""
    for parts in (ACCESS_KEY_PARTS, PASSWORD_PARTS):
        given = [part for part in parts if values.get(part) and part != "domain_name"]
        missing = [f"{part} ({ENVIRONMENT_NAMES[part]})" for part in parts if not values.get(part)]
        if given:
            return f"The credentials are incomplete: {' and '.join(given)} given, {' and '.join(missing)} missing"
    looked = "the environment (HW_ACCESS_KEY and HW_SECRET_KEY, or HW_USER_NAME, HW_USER_PASSWORD and HW_DOMAIN_NAME)"
    also = f" nor in {file}" if file else ""
    return f"No credentials found, neither in {looked} nor in the stack's configuration{also}"
