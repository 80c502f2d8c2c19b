"""HTML elements whose texts and attributes are escaped, whatever they contain."""

from html import escape

from huaweicloud.printable import printable

WITHOUT_END = {"br", "img", "meta"}
MAX_TEXT = 1_200_000
"""Largest number of characters of one text."""


class Markup(str):
    """Text that is HTML. Only `element`, `joined` and `verbatim` make it."""

    __slots__ = ()


def element(name: str, /, *children: object, **attributes: object) -> Markup:
    """
    Return an element.

    Args:
        name: Name of the element.
        children: Markup, or anything else as its text; None is left out.
        attributes: Attributes, Markup or texts; a trailing `_` is dropped, other ones become `-`, and None and False
            are left out.
    """
    words = [name]
    for key, value in attributes.items():
        if value is not None and value is not False:
            shown = key.rstrip("_").replace("_", "-")
            words.append(shown if value is True else f'{shown}="{joined(value)}"')
    head = f"<{' '.join(words)}>"
    return Markup(head if name in WITHOUT_END else f"{head}{joined(*children)}</{name}>")


def joined(*children: object) -> Markup:
    """Return Markup and texts one after the other."""
    parts = (child if isinstance(child, Markup) else text(child) for child in children if child is not None)
    return Markup("".join(parts))


def text(value: object) -> Markup:
    """Return a text without control characters and with escaped markup."""
    return Markup(escape(printable(str(value), MAX_TEXT)))


def verbatim(source: str) -> Markup:
    """Return what is safe HTML of any length already, such as a style sheet or a picture in base64."""
    return Markup(source)
