"""``python -m plugin.package`` brings the schema and the typed arguments up to date."""

from pathlib import Path

from plugin.package import SCHEMA, arguments, package_schema

ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS = ROOT / "components" / "build_args.py"


def main() -> None:
    """Write the generated files."""
    ARGUMENTS.write_text(arguments.text())
    SCHEMA.write_text(package_schema.as_text())


if __name__ == "__main__":
    main()
