"""Identifiers in the cloud's forms: fixed ones for what the lab always has, random ones for what users create."""

import hashlib
import uuid


def fixed_hex(name: str) -> str:
    """Return 32 hex characters that are the same in every lab."""
    return hashlib.sha256(f"lab:{name}".encode()).hexdigest()[:32]


def fixed_uuid(name: str) -> str:
    """Return a UUID that is the same in every lab."""
    return str(uuid.UUID(fixed_hex(name), version=4))


def new_uuid() -> str:
    return str(uuid.uuid4())


def new_job_id() -> str:
    return uuid.uuid4().hex


def is_uuid(text: str) -> bool:
    """Return True if ``text`` is a UUID in its usual dashed form."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
