"""Description of the package: names, schema, and the typed arguments of the component, from the models."""

from pathlib import Path

VERSION = "0.1.0"
SCHEMA = Path(__file__).resolve().parents[1] / "schema.json"


def schema_text() -> str:
    """Return the schema of the package."""
    return SCHEMA.read_text()
