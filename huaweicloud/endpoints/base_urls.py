"""Form of a base URL: scheme, host and an optional path prefix, without the version of an API."""

import re
from urllib.parse import urlsplit

EXAMPLE = "https://ims.cn-north-4.myhuaweicloud.com"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?|[0-9a-f:.]*:[0-9a-f:.]*")


def problem_of_url(value: str, example: str = EXAMPLE) -> str:
    """
    Return the problem of a base URL, without the URL, because it may hold a password or a signature; "" without one.

    Args:
        value: Base URL; the scheme https may be missing.
        example: Base URL that the message shows.
    """
    url = with_scheme(value)
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and (parts.port is None or parts.port > 0)
        host = parts.hostname or ""
    except ValueError:
        usable, host = False, ""
    if not usable or not _HOST.fullmatch(host) or parts.query or parts.fragment or parts.username or not url.isascii():
        return f"is not a base URL such as {example}"
    if not re.fullmatch(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?", parts.path) or re.match(r"[A-Za-z]+:/(?!/)", value):
        return f"is not a base URL such as {example}"
    version = re.search(r"/v\d+(\.\d+)*(/.*)?$", _path(url))
    if version:
        return f"must be the base URL alone, such as {example}: the path of the API ({version.group()[:20]}) is added"
    return ""


def base_url(value: str) -> str:
    """Return a base URL with its scheme, without a trailing slash and the version of IAM."""
    return with_scheme(value).rstrip("/").removesuffix("/v3")


def with_scheme(value: str) -> str:
    """Return a URL with the scheme https if it has none."""
    return value.strip() if "://" in value else f"https://{value.strip()}"


def _path(url: str) -> str:
    return urlsplit(url).path.rstrip("/").removesuffix("/v3")
