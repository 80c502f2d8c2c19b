"""XML documents of the service, written from and read into plain pairs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from xml.parsers import expat

from lab.obs.http.obs_errors import ObsError

# The content of an element: text, or its children in order.
Content: TypeAlias = "str | int | bool | Sequence[tuple[str, Content]]"

_ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;"}
# Keys may hold characters that XML 1.0 cannot; S3 writes them as references and offers encoding-type=url.
_ESCAPES |= {code: f"&#x{code:x};" for code in (*range(0x20), 0x7F, 0xFFFE, 0xFFFF)}
_MAX_DEPTH = 16
_MAX_ELEMENTS = 50_000  # 10,000 parts of three elements, the longest document that a client needs


@dataclass
class Element:
    """Element that was read; namespaces are ignored, as the service does."""

    name: str
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def find_all(self, name: str) -> list["Element"]:
        return [child for child in self.children if child.name == name]

    def find_text(self, name: str) -> str:
        """
        Return the text of the only child of that name.

        Raises:
            ObsError: MalformedXML.
        """
        found = self.find_all(name)
        if len(found) != 1:
            raise ObsError("MalformedXML")
        return found[0].text


def write_document(name: str, content: Content, namespace: str | None = None) -> bytes:
    attribute = f' xmlns="{namespace}"' if namespace else ""
    declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return f"{declaration}<{name}{attribute}>{_write(content)}</{name}>".encode()


def _write(content: Content) -> str:
    if isinstance(content, bool):
        return str(content).lower()
    if isinstance(content, str | int):
        return str(content).translate(_ESCAPES)
    return "".join(f"<{name}>{_write(child)}</{name}>" for name, child in content)


def read_document(body: bytes, name: str) -> Element:
    """
    Read a document whose root has this name.

    Raises:
        ObsError: MalformedXML, also for a document type, which no operation needs and entities hide in.
    """
    root = Element("")
    open_elements = [root]
    count = 0

    def start(tag: str, _: object) -> None:
        nonlocal count
        count += 1
        if len(open_elements) > _MAX_DEPTH or count > _MAX_ELEMENTS:
            raise ObsError("MalformedXML")
        element = Element(tag.rsplit("}", 1)[-1])
        open_elements[-1].children.append(element)
        open_elements.append(element)

    def text(characters: str) -> None:
        open_elements[-1].text += characters

    def refuse(*_: object) -> None:
        raise ObsError("MalformedXML")

    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: open_elements.pop()
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, LookupError, ValueError):
        raise ObsError("MalformedXML") from None
    if root.children[0].name != name:
        raise ObsError("MalformedXML")
    return root.children[0]
