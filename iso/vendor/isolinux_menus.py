"""Menus of isolinux: parameters for every label that starts the installer, and a menu that does not wait for a key."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from iso.vendor.boot_change import BootChange, starts_installer

WAIT_TENTHS_S = 50
DIRECTIVE = re.compile(
    r"^(?P<start>\s*)(?P<word>label|kernel|linux|append|initrd|default|timeout|ontimeout|prompt|localboot|com32|config)"
    r"(?P<gap>\s+)(?P<value>.*?)(?P<end>\s*)$",
    re.IGNORECASE | re.DOTALL,
)
BLOCK_END = re.compile(r"^\s*(?:label|menu\s+begin|menu\s+end|include|ontimeout|timeout)\b", re.IGNORECASE)
MENU_DEFAULT = re.compile(r"^\s*menu\s+default\b", re.IGNORECASE)
INITRD_WORD = re.compile(r"(?<![^\s])initrd=(\S+)")


@dataclass
class _Label:
    """Label with the numbers of the lines of its directives."""

    name: str
    lines: dict[str, int] = field(default_factory=dict)
    is_menu_default: bool = False
    installs: bool = False


def is_isolinux(text: str) -> bool:
    """Return True for a configuration of isolinux or syslinux."""
    return bool(
        re.search(r"^\s*(?:label|append|ontimeout|prompt|default|include|ui)\s+\S", text, re.MULTILINE | re.IGNORECASE)
    )


def edit_isolinux(texts: Mapping[str, str], change: BootChange) -> tuple[dict[str, str], int]:
    """
    Edit the configurations of one loader, which include each other.

    Args:
        texts: Configurations by their paths.
        change: Change of each label that starts the installer.

    Returns:
        The configurations, and the number of labels that start the installer.
    """
    lines = {path: text.split("\n") for path, text in texts.items()}
    labels = {path: _labels(content) for path, content in lines.items()}
    for path, found in labels.items():
        for label in reversed(found):
            if label.installs:
                _change_label(lines[path], label, change)
    every = [label for found in labels.values() for label in found]
    installing = [label for label in every if label.installs]
    if installing:
        chosen = _chosen(lines, every, installing)
        for path, content in lines.items():
            _stop_waiting(content, labels[path], chosen, {label.name for label in every} - {i.name for i in installing})
        _end_menu(lines)
    return {path: "\n".join(content) for path, content in lines.items()}, len(installing)


def _labels(lines: list[str]) -> list[_Label]:
    labels: list[_Label] = []
    inside = False
    for number, line in enumerate(lines):
        match = DIRECTIVE.match(line)
        if match and match["word"].lower() == "label":
            labels.append(_Label(match["value"]))
            inside = True
        elif BLOCK_END.match(line):
            inside = False
        elif inside and MENU_DEFAULT.match(line):
            labels[-1].is_menu_default = True
        elif inside and match:
            labels[-1].lines.setdefault(match["word"].lower(), number)
    for label in labels:
        label.installs = _installs(lines, label)
    return labels


def _value(lines: list[str], label: _Label, word: str) -> str:
    match = DIRECTIVE.match(lines[label.lines[word]]) if word in label.lines else None
    return match["value"] if match else ""


def _installs(lines: list[str], label: _Label) -> bool:
    kernel = _value(lines, label, "kernel") or _value(lines, label, "linux")
    command_line = _value(lines, label, "append")
    has_initrd = "initrd" in label.lines or INITRD_WORD.search(command_line)
    return bool(kernel and has_initrd and starts_installer(kernel, command_line))


def _change_label(lines: list[str], label: _Label, change: BootChange) -> None:
    command_line = _value(lines, label, "append")
    words = " ".join(change.words_for(command_line))
    rest = change.without_conflicts(command_line)
    if change.initrd and "initrd" not in label.lines:
        rest = INITRD_WORD.sub(lambda match: f"initrd={match[1]},{change.initrd}", rest)
    if change.initrd and "initrd" in label.lines:
        _replace(lines, label.lines["initrd"], f"{_value(lines, label, 'initrd')},{change.initrd}")
    if "append" in label.lines:
        _replace(lines, label.lines["append"], f"{words} {rest}".rstrip())
    else:
        kernel = label.lines.get("kernel", label.lines.get("linux", 0))
        indent = re.match(r"\s*", lines[kernel])
        ending = "\r" if lines[kernel].endswith("\r") else ""
        lines.insert(kernel + 1, f"{indent[0] if indent else ''}append {words}{ending}")


def _replace(lines: list[str], number: int, value: str) -> None:
    match = DIRECTIVE.match(lines[number])
    if match:
        lines[number] = f"{match['start']}{match['word']}{match['gap']}{value}{match['end']}"


def _chosen(lines: Mapping[str, list[str]], labels: list[_Label], installing: list[_Label]) -> str:
    """Return the label that the menu ends with: the vendor's choice if it starts the installer, else the first."""
    names = {label.name for label in installing}
    defaults = [
        match["value"]
        for content in lines.values()
        for line in content
        if (match := DIRECTIVE.match(line)) and match["word"].lower() == "default"
    ]
    marked = [label.name for label in labels if label.is_menu_default]
    return next((name for name in [*marked, *defaults] if name in names), installing[0].name)


def _stop_waiting(lines: list[str], labels: list[_Label], chosen: str, others: set[str]) -> None:
    """Let the menu end with the chosen label instead of one of the others, or of a command of its own."""
    for number, line in enumerate(lines):
        match = DIRECTIVE.match(line)
        word = match["word"].lower() if match else ""
        if match and (word == "ontimeout" or (word == "default" and match["value"] in others)):
            _replace(lines, number, chosen)
        elif match and word == "timeout" and match["value"] == "0":
            _replace(lines, number, str(WAIT_TENTHS_S))
    wrong = {label.name for label in labels if label.is_menu_default and label.name in others}
    first = labels[0].name if labels else ""
    for number in reversed(range(len(lines))):
        if MENU_DEFAULT.match(lines[number]) and _label_before(lines, number) in wrong:
            del lines[number]
    if (wrong or first in others) and not any(label.is_menu_default and label.name == chosen for label in labels):
        _mark_default(lines, chosen)


def _mark_default(lines: list[str], chosen: str) -> None:
    for number, line in enumerate(lines):
        match = DIRECTIVE.match(line)
        if match and match["word"].lower() == "label" and match["value"] == chosen:
            lines.insert(number + 1, f"{match['start']}  menu default{match['end']}")
            return


def _label_before(lines: list[str], number: int) -> str:
    for line in reversed(lines[:number]):
        match = DIRECTIVE.match(line)
        if match and match["word"].lower() == "label":
            return match["value"]
    return ""


def _end_menu(lines: Mapping[str, list[str]]) -> None:
    """Add a timeout to the first configuration if none has one."""
    words = [
        match["word"].lower() for content in lines.values() for line in content if (match := DIRECTIVE.match(line))
    ]
    if "timeout" not in words:
        main = next((path for path in lines if re.search(r"/(?:iso|sys)linux\.cfg$", path)), next(iter(lines)))
        lines[main].insert(0, f"timeout {WAIT_TENTHS_S}")
