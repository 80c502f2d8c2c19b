"""SDKs of a package for programs in Python, TypeScript and Go, generated from its schema by Pulumi's generators."""

import hashlib
import shutil
import tempfile
from pathlib import Path

from toolchain.languages.language_hosts import GENERATOR, GENERATORS, provide
from toolchain.paths import ROOT, STATE
from toolchain.steps import locked, run

SCHEMA = ROOT / "plugin" / "schema.json"
SDKS = STATE / "sdk"
LANGUAGES = ("go", "nodejs", "python")
STAMP = ".generated-from"


def generate(language: str, schema: Path = SCHEMA, folder: Path | None = None) -> Path:
    """
    Generate an SDK, unless it exists already and neither the schema nor the generator has changed.

    Args:
        language: One of `LANGUAGES`.
        schema: File with the schema of the package.
        folder: Folder for the SDK, by default in .state/sdk.

    Returns:
        Folder with the SDK.
    """
    folder = folder or SDKS / language
    digest = f"{hashlib.sha256(schema.read_bytes()).hexdigest()} {GENERATORS.digest}\n"
    stamp = folder / STAMP
    with locked(folder.with_name(f".{folder.name}.lock"), f"waiting for another process that generates {folder}"):
        if not stamp.exists() or stamp.read_text() != digest:
            shutil.rmtree(folder, ignore_errors=True)
            _run(language, schema, folder)
            stamp.write_text(digest)
    return folder


def generate_from_text(language: str, schema: str, folder: Path) -> None:
    """Generate an SDK from the text of a schema."""
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary, "schema.json")
        file.write_text(schema)
        _run(language, file, folder)


def _run(language: str, schema: Path, folder: Path) -> None:
    run([provide(GENERATORS) / GENERATOR, language, schema, folder], f"cannot generate the {language} SDK")
