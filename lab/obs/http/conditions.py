"""Conditions and ranges of reads (OBS API Reference, "Downloading an Object")."""

import re
from collections.abc import Callable
from datetime import datetime

from lab.obs.http.http_dates import parse_http_date
from lab.obs.http.obs_errors import ObsError
from lab.obs.storage.store_records import ObjectInfo

_MAX_RANGES = 100
_RANGE = re.compile(r"(\d{0,18})-(\d{0,18})")


def check_conditions(header: Callable[[str], str | None], info: ObjectInfo, now: datetime) -> bool:
    """
    Check the conditions of a read.

    Args:
        header: Function that returns a header by its name: If-Match and so on.
        info: Object to read.
        now: Time of the request; a date later than now is ignored.

    Returns:
        True if the object is to be sent, False if it was not modified.

    Raises:
        ObsError: PreconditionFailed.
    """
    if match := header("If-Match"):
        if not _names(match, info.etag):
            raise ObsError("PreconditionFailed", Condition="If-Match")
    elif (since := _date(header("If-Unmodified-Since"), now)) and _second(info) > since:
        raise ObsError("PreconditionFailed", Condition="If-Unmodified-Since")
    if none_match := header("If-None-Match"):
        return not _names(none_match, info.etag)
    since = _date(header("If-Modified-Since"), now)
    return since is None or _second(info) > since


def parse_ranges(text: str | None, size: int) -> list[tuple[int, int]]:
    """
    Return the first and last byte of each requested range; none: the whole object.

    A range of another form, or one that ends before it starts, is ignored, as documented.

    Args:
        text: Value of the Range header.
        size: Size of the object (bytes).

    Raises:
        ObsError: InvalidRange, if a range starts after the object's end.
    """
    unit, _, specs = (text or "").replace(" ", "").partition("=")
    matches = [_RANGE.fullmatch(spec) for spec in specs.split(",", _MAX_RANGES)]
    if unit != "bytes":
        return []
    ranges = []
    for match in matches:
        if match is None or match[0] == "-" or (match[1] and match[2] and int(match[2]) < int(match[1])):
            return []
        first = int(match[1]) if match[1] else max(size - int(match[2]), 0)
        last = min(int(match[2]), size - 1) if match[1] and match[2] else size - 1
        if first >= size:
            raise ObsError("InvalidRange", ActualObjectSize=str(size), RangeRequested=text or "")
        ranges.append((first, last))
    return ranges


def _names(etags: str, etag: str) -> bool:
    return any(candidate.strip().strip('"') in ("*", etag) for candidate in etags.split(","))


def _second(info: ObjectInfo) -> datetime:
    return info.last_modified.replace(microsecond=0)


def _date(text: str | None, now: datetime) -> datetime | None:
    moment = parse_http_date(text)
    return moment if moment and moment <= now else None
