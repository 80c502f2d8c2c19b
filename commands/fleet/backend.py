"""Where the state is kept: all machines of a fleet must keep it in one place, and encrypt it with one passphrase."""

import hashlib
from collections.abc import Mapping

URL = "PULUMI_BACKEND_URL"
PASSPHRASES = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")


def backend_digest(environment: Mapping[str, str]) -> str:
    """What tells backends apart without showing their URL, which may hold a password; empty where none is chosen."""
    url = environment.get(URL, "")
    return hashlib.sha256(url.encode()).hexdigest()[:16] if url else ""


def faults(environment: Mapping[str, str]) -> list[str]:
    """What keeps a machine of a cluster from sharing its state with the others."""
    found = []
    if not environment.get(URL):
        found.append(f"{URL} is not set: its state would be its own")
    if not any(name in environment for name in PASSPHRASES):
        found.append(f"{' or '.join(PASSPHRASES)} is not set: the other machines could not read its stacks")
    return found
