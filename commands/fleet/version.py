"""Which version of the project this is: a fleet's machines must all have the same."""

import hashlib
from functools import cache

from toolchain.paths import PRODUCT, ROOT

# What a run of a stack executes, and what it is installed from.
FOLDERS = (*PRODUCT, "commands", "toolchain")
SUFFIXES = (".py", ".yaml", ".json")  # a policy pack's configuration is one of them
FILES = ("__main__.py", "Pulumi.yaml", "requirements.txt")


@cache
def digest() -> str:
    """A digest of everything that a run executes, by content: file times and untracked state do not count."""
    found = [ROOT / name for name in FILES]
    for folder in FOLDERS:
        found += [path for suffix in SUFFIXES for path in (ROOT / folder).rglob(f"*{suffix}")]
    total = hashlib.sha256()
    for path in sorted(found):
        total.update(f"{path.relative_to(ROOT)}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]
