"""Detection of full disks, before a request changes anything and in errors."""

import errno
import os
import sqlite3
from pathlib import Path

MIN_FREE_BYTES = 1 << 20
"""Space that new requests must leave, so that accepted work can still record its progress."""
_FULL = (errno.ENOSPC, errno.EDQUOT)
_TEXTS = ("No space left on device", "Disk quota exceeded", "database or disk is full")


class NotWritten(Exception):
    """Failure to write the lab's state; its message is a sentence."""


def free_bytes(folder: Path) -> int:
    """Return the bytes that this process can still write into a folder's file system."""
    space = os.statvfs(folder)
    return space.f_frsize * (space.f_bfree if os.geteuid() == 0 else space.f_bavail)


def is_low(folder: Path) -> bool:
    """Return True if there is too little space to accept a request that changes something."""
    return free_bytes(folder) < MIN_FREE_BYTES


def full_disk_sentence(folder: Path) -> str:
    """Return a message on a full disk, with the remedy."""
    return f"the disk of the lab is full; free space on the file system of {folder}"


def is_full_disk(error: BaseException) -> bool:
    """Return True if an error means a full disk or an exhausted quota."""
    if isinstance(error, NotWritten) and error.__cause__ is not None:
        return is_full_disk(error.__cause__)
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    if isinstance(error, sqlite3.Error) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL:
        return True
    return any(text in str(error) for text in _TEXTS)
