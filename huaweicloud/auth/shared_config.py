"""
Configuration file of the cloud's command line tool (KooCLI), `~/.hcloud/config.json`.

Not documented: the format. The keys are those that the Terraform provider for the same cloud reads: `current` and
`profiles[]` with name, mode, accessKeyId, secretAccessKey, securityToken, agencyName, agencyDomainName and
ssoAuth.stsToken. The tool encrypts the keys by default (`hcloud configure set --cli-auth-encrypt=false` turns it off).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huaweicloud.auth.credentials import AccessKeyCredentials
from huaweicloud.errors import CredentialsMissing

LIMIT_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Profile:
    """
    Credentials of one profile.

    Args:
        credentials: Access key of the profile.
        agency: Values of agency_name and agency_domain_name, if the profile has them.
    """

    credentials: AccessKeyCredentials
    agency: Mapping[str, str]


def read_profile(file: Path, name: str | None, *, required: bool) -> Profile | None:
    """
    Read a profile.

    Args:
        file: Configuration file.
        name: Name of the profile; None or "" selects the file's current one.
        required: Whether a missing file is an error.

    Returns:
        The profile, or None if the file holds no key, or is absent and not required.

    Raises:
        CredentialsMissing: The file cannot be read or has no such profile.
    """
    try:
        with file.open("rb") as opened:
            document = json.loads(opened.read(LIMIT_BYTES))
    except FileNotFoundError:
        if required or name:
            raise CredentialsMissing(f"The shared configuration file {file} does not exist") from None
        return None
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not JSON"
        raise CredentialsMissing(f"The shared configuration file {file} cannot be read: {reason}") from None
    return _profile(_find(document, name, file), file)


def _find(document: Any, name: str | None, file: Path) -> Mapping[str, Any]:
    listed = document.get("profiles") if isinstance(document, dict) else None
    profiles = [profile for profile in listed if isinstance(profile, dict)] if isinstance(listed, list) else []
    wanted = name or document.get("current") if isinstance(document, dict) else name
    for profile in profiles:
        if profile.get("name") == wanted:
            return profile
    if not name:
        return {}
    known = ", ".join(str(profile.get("name")) for profile in profiles) or "none"
    raise CredentialsMissing(f"The shared configuration file {file} has no profile '{name}' (it has: {known})")


def _profile(profile: Mapping[str, Any], file: Path) -> Profile | None:
    key = profile
    if profile.get("mode") == "SSO":
        key = _mapping(_mapping(profile.get("ssoAuth")).get("stsToken"))
    access_key, secret_key = _text(key, "accessKeyId"), _text(key, "secretAccessKey")
    if not access_key or not secret_key:
        return None
    if not (access_key.isalnum() and access_key.isascii()):
        raise CredentialsMissing(
            f"The access key in the shared configuration file {file} is not readable, so it is probably encrypted",
            hint="run `hcloud configure set --cli-auth-encrypt=false`",
        )
    agency = {"agency_name": _text(profile, "agencyName"), "agency_domain_name": _text(profile, "agencyDomainName")}
    return Profile(
        AccessKeyCredentials(access_key, secret_key, _text(key, "securityToken") or None),
        {name: value for name, value in agency.items() if value},
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(mapping: Mapping[str, Any], key: str) -> str:
    value = mapping.get(key)
    return value.strip() if isinstance(value, str) else ""
