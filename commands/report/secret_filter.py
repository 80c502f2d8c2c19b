"""Removal of secrets from texts that services, guests and Pulumi have written."""

import re
from collections.abc import Iterable, Iterator

HIDDEN = "…"
SHORTEST, SHORTEST_LINE = 6, 12
"""Lengths of the shortest secret, and of the shortest line of several, that are searched for: others are words."""
VARIABLES = (
    "HW_ACCESS_KEY",
    "HW_SECRET_KEY",
    "HW_SECURITY_TOKEN",
    "HW_USER_PASSWORD",
    "HW_LAB_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "PGPASSWORD",
    "PULUMI_CONFIG_PASSPHRASE",
)
"""Variables whose values are secrets."""
_URL = re.compile(r"\b([A-Za-z][A-Za-z0-9+.-]{1,20}://)(?:[^\s/?#\"'<>]*@)?([^\s?#\"'<>|`]*)([?#][^\s\"'<>|`]*)?")
_NAMED = re.compile(
    r"(?i)((?:pass(?:word|wd|phrase)?|secret|token|credential|signature|(?:api|access|secret)[_-]?key)[\w-]*[\"']?"
    r"(?:\s*[=:]\s*|\s+is\s+|\s+password\s+))(\"[^\"\n]*\"|'[^'\n]*'|[^\s\"',;]+)"
)
_HASH = re.compile(r"\$(?:1|2[aby]?|5|6|7|y|gy)\$[./A-Za-z0-9$=,-]{8,}")
_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)


class SecretFilter:
    """
    Filter of texts in a report.

    It removes the known secrets, and what looks like one: the query of every URL, values that a word such as `password`
    precedes, password hashes and private keys.

    Args:
        secrets: Known secrets; of a text with several lines, each line and each value after a word such as `password`.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({part for secret in secrets for part in _parts(secret)}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, text: str) -> str:
        """Return a text without secrets."""
        text = self._known.sub(HIDDEN, text) if self._known else text
        text = _URL.sub(lambda found: f"{found[1]}{found[2]}{f'?{HIDDEN}' if found[3] else ''}", text)
        for pattern in (_KEY, _HASH):
            text = pattern.sub(HIDDEN, text)
        return _NAMED.sub(rf"\1{HIDDEN}", text)


def _parts(secret: str) -> Iterator[str]:
    lines = [line.strip() for line in secret.splitlines()]
    if len(lines) > 1:
        yield from (line for line in lines if len(line) >= SHORTEST_LINE)
        values = (found[2].strip("\"'") for found in _NAMED.finditer(secret))
        yield from (value for value in values if len(value) >= SHORTEST)
    elif len(secret.strip()) >= SHORTEST:
        yield secret.strip()
