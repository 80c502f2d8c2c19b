"""Backend of the state, which all machines of a fleet must share, and the passphrase that encrypts it."""

import hashlib
from collections.abc import Mapping

URL = "PULUMI_BACKEND_URL"
PASSPHRASES = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")


def backend_digest(environment: Mapping[str, str]) -> str:
    """Return a digest that identifies the backend without its URL, which may contain a password; "" without one."""
    url = environment.get(URL, "")
    return hashlib.sha256(url.encode()).hexdigest()[:16] if url else ""


def problems(environment: Mapping[str, str]) -> list[str]:
    """Return the reasons why a machine of a cluster cannot share its state with the others."""
    found = []
    if not environment.get(URL):
        found.append(f"{URL} is not set, so that its state would not be shared")
    if not any(name in environment for name in PASSPHRASES):
        found.append(f"{' or '.join(PASSPHRASES)} is not set, so that other machines could not read its stacks")
    return found
