"""Version of the project, which must be the same on all machines of a fleet."""

import hashlib
from functools import cache

from toolchain.paths import PRODUCT, ROOT

# Code that a run of a stack executes, and the files that it is installed from.
FOLDERS = (*PRODUCT, "commands", "toolchain")
SUFFIXES = (".py", ".yaml", ".json")  # among them a policy pack's configuration
FILES = ("__main__.py", "Pulumi.yaml", "requirements.txt")


@cache
def digest() -> str:
    """Return a digest of the content of everything that a run executes, without file times and untracked state."""
    found = [ROOT / name for name in FILES]
    for folder in FOLDERS:
        found += [path for suffix in SUFFIXES for path in (ROOT / folder).rglob(f"*{suffix}")]
    total = hashlib.sha256()
    for path in sorted(found):
        total.update(f"{path.relative_to(ROOT)}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]
