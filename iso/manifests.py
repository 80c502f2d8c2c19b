"""Manifests beside ISO files, which list the inputs that the bytes of a file follow from."""

import hashlib
import json
import os
import tempfile
from collections.abc import Collection
from pathlib import Path


def digest_of_sources(folder: Path, without: Collection[str] = ()) -> str:
    """
    Return a digest of the names and contents of all files in a folder.

    Args:
        folder: Folder of this project.
        without: Names of folders in it that do not count.
    """
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if "__pycache__" in path.parts or path.relative_to(folder).parts[0] in without:
            continue
        digest.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def intact_manifest(output: Path) -> dict[str, object]:
    """Return the manifest of an ISO file that matches it, otherwise an empty one."""
    try:
        manifest = json.loads(_manifest_file(output).read_text())
        intact = isinstance(manifest, dict) and manifest.get("sha256") == sha256_of(output)
    except (OSError, ValueError):
        return {}
    return manifest if intact else {}


def write_manifest(output: Path, manifest: dict[str, object]) -> None:
    """Write the manifest beside its ISO file, whole or not at all."""
    with tempfile.NamedTemporaryFile("w", dir=output.parent, delete=False) as file:
        file.write(json.dumps(manifest, indent=2) + "\n")
    Path(file.name).chmod(0o644)
    os.replace(file.name, _manifest_file(output))


def _manifest_file(output: Path) -> Path:
    return output.with_name(output.name + ".json")


def sha256_of(path: Path) -> str:
    """Return the SHA-256 digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
