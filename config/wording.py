"""Durations, sizes and counts in words."""


def duration(seconds: float) -> str:
    """Return a duration to the second: 42 s, 3 min 05 s, 1 h 10 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def approximate_duration(seconds: float) -> str:
    """Return a duration to the minute, or to the day from two days on: 42 s, 3 min, 1 h 10 min, 4 d."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours < 48 else f"{hours // 24} d"


def count(number: int, noun: str) -> str:
    """Return a number with its noun: 1 image, 2 images."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def size(size_bytes: int) -> str:
    """Return a size in words: 37 MiB, 3.7 GiB."""
    mib = size_bytes / 1024**2
    if mib < 1:
        return f"{size_bytes} bytes"
    return f"{mib:.0f} MiB" if mib < 1000 else f"{mib / 1024:.1f} GiB"


def share(there: int, needed: int) -> str:
    """Return a part of a size in words, in bytes if both would look the same: 20 of 69 MiB."""
    part, whole = size(there), size(needed)
    if part == whole:
        return f"{there} of {needed} bytes"
    number, _, unit = part.partition(" ")
    return f"{number} of {whole}" if whole.endswith(f" {unit}") else f"{part} of {whole}"
