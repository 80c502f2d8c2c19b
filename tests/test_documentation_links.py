"""Links of the documentation: every target exists, and docs/index.md leads to every page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
INDEX = DOCS / "index.md"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / ".github").rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
# A file below docs/ that a text names: not part of a longer path or of a URL.
NAMED = re.compile(r"(?<![\w./-])docs/[\w./-]+\.(?:md|svg|json)")
# The project of somebody else whose file has such a path.
FOREIGN = {"docs/interop/firmware.json"}


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


def text_files() -> Iterator[Path]:
    """Yield the files of the project that hold text, without what set-up and the checks make."""
    for top in ROOT.iterdir():
        if top.name in {".ci", ".github"} or not top.name.startswith("."):
            for file in [top] if top.is_file() else top.rglob("*"):
                if file.is_file() and file.suffix in {"", ".py", ".md", ".toml", ".yaml", ".yml", ".sh", ".in", ".txt"}:
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
