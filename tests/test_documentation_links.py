"""
Links of the documentation, and the files, modules and make targets that its pages name.

docs/index.md links every page.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
INDEX = DOCS / "index.md"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / ".github").rglob("*.md")])
GUIDES = [page for page in PAGES if page.name != "CHANGELOG.md"]
"""Pages that name only what exists now."""
LINK = re.compile(r"\]\(([^)\s]+)\)")
# A file below docs/ that a text names: not part of a longer path or of a URL.
NAMED = re.compile(r"(?<![\w./-])docs/[\w./-]+\.(?:md|svg|json)")
# The project of somebody else whose file has such a path.
FOREIGN = {"docs/interop/firmware.json"}
FOREIGN_MODULES = {"distributed", "json", "pip", "venv"}


def prose(page: Path) -> str:
    """Return the text of a page without its blocks of code."""
    return re.sub(r"^ *```.*?^ *```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """Yield the file and the anchor of every relative link of a page."""
    for target in LINK.findall(prose(page)):
        path, _, anchor = target.partition("#")
        if not re.match(r"[a-z]+:", path):
            yield ((page.parent / path).resolve() if path else page), anchor


def anchors(page: Path) -> set[str]:
    """Return the anchors of the headings of a page, as GitHub derives them."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


INSTALLED = {"node_modules", "sdks", "venv"}
"""Folders in which the package managers of the examples install."""


def text_files() -> Iterator[Path]:
    """Yield the files of the project that hold text, without what set-up and the checks make."""
    for top in ROOT.iterdir():
        if top.name in {".ci", ".github"} or not top.name.startswith("."):
            for file in [top] if top.is_file() else top.rglob("*"):
                if (
                    INSTALLED.isdisjoint(file.parts)
                    and file.is_file()
                    and file.suffix in {"", ".py", ".md", ".toml", ".yaml", ".yml", ".sh", ".in", ".txt"}
                ):
                    yield file


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_of_a_page_leads_somewhere(page: Path) -> None:
    dead = [
        f"{file.relative_to(ROOT)}#{anchor}"
        for file, anchor in links(page)
        if not file.exists() or (anchor and anchor not in anchors(file))
    ]

    assert dead == []


def test_every_path_below_docs_that_a_file_names_exists() -> None:
    dead = [
        f"{file.relative_to(ROOT)}: {name}"
        for file in text_files()
        for name in NAMED.findall(file.read_text(errors="replace"))
        if name not in FOREIGN and not (ROOT / name).exists()
    ]

    assert dead == []


def test_the_index_leads_to_every_page() -> None:
    reached, open_pages = {INDEX}, [INDEX]
    while open_pages:
        found = {file for file, _ in links(open_pages.pop()) if file.suffix == ".md" and file.is_relative_to(DOCS)}
        open_pages += found - reached
        reached |= found

    assert sorted(set(DOCS.rglob("*.md")) - reached) == []


def test_the_readme_leads_to_the_index() -> None:
    assert INDEX in {file for file, _ in links(ROOT / "README.md")}


def test_every_source_file_that_a_page_names_exists() -> None:
    dead = [
        f"{page.relative_to(ROOT)}: {name}"
        for page in GUIDES
        for name in re.findall(r"`([a-z][\w/-]*/[\w-]+\.(?:py|sh|yaml|json|toml))`", page.read_text())
        if not name.startswith("policy/configuration") and not (ROOT / name).exists()
    ]

    assert dead == []


def test_every_module_that_a_page_runs_exists() -> None:
    dead = []
    for page in GUIDES:
        for name in re.findall(r"python3? -m ([\w.]+)", page.read_text()):
            path = ROOT / name.rstrip(".").replace(".", "/")
            if name.partition(".")[0] not in FOREIGN_MODULES and not (
                path.with_suffix(".py").exists() or (path / "__main__.py").exists()
            ):
                dead.append(f"{page.relative_to(ROOT)}: {name}")

    assert dead == []


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        (page.name, target)
        for page in GUIDES
        for target in re.findall(r"(?:`|\$ |-s )make (?:-s )?([a-z][a-z-]*)", page.read_text())
    }

    assert sorted(name for name in named if name[1] not in targets) == []
