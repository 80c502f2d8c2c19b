"""Report as a browser parses it: its elements with their attributes and texts."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

WITHOUT_END = {"br", "img", "meta"}
ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "main", "footer", "section", "div", "h1", "h2", "h3", "p"),
    *("dl", "dt", "dd", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "span", "br", "code", "pre", "a"),
    *("details", "summary", "img", "svg", "rect", "line", "text"),
}


@dataclass
class Element:
    """Element of a page."""

    name: str
    attributes: dict[str, str]
    children: list["Element"] = field(default_factory=list)
    parts: list["str | Element"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Return the text in the element."""
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)

    def all(self, name: str = "", **attributes: str) -> list["Element"]:
        """Return the elements below this one with a name and attributes, whose names have `_` for `-`."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        found = []
        for child in self.children:
            if name in ("", child.name) and all(child.attributes.get(key) == value for key, value in wanted.items()):
                found.append(child)
            found += child.all(name, **attributes)
        return found

    def one(self, name: str = "", **attributes: str) -> "Element":
        """Return the only element with a name and attributes."""
        (found,) = self.all(name, **attributes)
        return found

    def values(self) -> dict[str, float]:
        """Return the exact values of a row's cells."""
        cells = [cell.attributes for cell in self.all("td") if "data-figure" in cell.attributes]
        return {cell["data-figure"]: float(cell["data-value"]) for cell in cells if "data-value" in cell}

    def requests(self) -> dict[str, int]:
        """Return the requests in a row's cells."""
        cells = [cell.attributes for cell in self.all("td") if "data-requests" in cell.attributes]
        return {cell["data-figure"]: int(cell["data-requests"]) for cell in cells}


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {key: value or "" for key, value in attrs})
        self.open[-1].children.append(element)
        self.open[-1].parts.append(element)
        if tag not in WITHOUT_END:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop().name

    def handle_data(self, data: str) -> None:
        self.open[-1].parts.append(data)


def parse(text: str) -> Element:
    """Return a page whose elements are all closed, and which contains nothing that loads or runs."""
    parser = _Parser()
    parser.feed(text)
    parser.close()
    assert [parser.root] == parser.open
    for element in parser.root.all():
        assert element.name in ALLOWED
        for name, value in element.attributes.items():
            assert not name.startswith("on")
            assert name not in ("style", "srcset", "action")
            assert name != "src" or value.startswith("data:image/png;base64,")
            assert name != "href" or value.startswith("http://127.0.0.1:")
    return parser.root
