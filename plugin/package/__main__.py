"""``python -m plugin.package`` brings the schema, the typed arguments and the pages of the package up to date."""

from pathlib import Path

from plugin.package import SCHEMA, arguments, package_schema, pages

ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS = ROOT / "components" / "build_args.py"
CONFIGURATION = ROOT / "docs" / "installation-configuration.md"
API_DOCS = ROOT / "docs" / "api-docs"


def main() -> None:
    """Write the generated files."""
    ARGUMENTS.write_text(arguments.text())
    SCHEMA.write_text(package_schema.as_text())
    CONFIGURATION.write_text(pages.with_configuration(CONFIGURATION.read_text()))
    API_DOCS.mkdir(exist_ok=True)
    for name, text in pages.pages().items():
        (API_DOCS / f"{name}.md").write_text(text)


if __name__ == "__main__":
    main()
