"""Times in the service's formats."""

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime


def parse_http_date(text: str | None) -> datetime | None:
    """Return a date of RFC 1123, RFC 850 or asctime, None if the text is none of these."""
    try:
        moment = parsedate_to_datetime(text or "")
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def parse_timestamp(text: str | None) -> datetime | None:
    """Return a timestamp like 20250131T235959Z, None if the text is not one."""
    try:
        return datetime.strptime(text or "", "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def iso_date(moment: datetime) -> str:
    """Return a time in the form of XML documents: 2025-01-31T23:59:59.123Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
