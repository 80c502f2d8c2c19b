"""Menus of GRUB: parameters for every entry that starts the installer, and a menu that does not wait for a key."""

import re
from dataclasses import dataclass

from iso.vendor.boot_change import BootChange, starts_installer

WAIT_S = 5
KERNEL = re.compile(
    r"^(?P<start>\s*(?:\$\{?\w+\}?|linux(?:16|efi)?)\s+)(?P<kernel>[^\s]*/[^\s]+)(?P<rest>.*)$", re.DOTALL
)
INITRD = re.compile(
    r"^(?P<start>\s*(?:\$\{?\w+\}?|initrd(?:16|efi)?)\s+)(?P<first>[^\s]*/[^\s]+)(?P<rest>.*?)(?P<end>\s*)$", re.DOTALL
)
ENTRY = re.compile(r"^\s*(?P<kind>menuentry|submenu)\b(?P<rest>.*)$")
TIMEOUT = re.compile(r"^(\s*(?:set\s+)?timeout=)([\"']?)(-?\d+)\2(\s*)$")
DEFAULT = re.compile(r"^(\s*(?:set\s+)?default=)[\"']?([^\"'\r]*)[\"']?(\s*)$")
PLAIN = re.compile(r"[A-Za-z0-9_./:=,@%+-]+")


@dataclass
class _Entry:
    """Entry at the top of a menu."""

    title: str
    identifier: str
    installs: bool = False
    is_submenu: bool = False


def is_grub(text: str) -> bool:
    """Return True for a configuration of GRUB 2."""
    return bool(
        re.search(r"^\s*(?:menuentry|submenu|set\s+\w+=|configfile|source|insmod|search)\b", text, re.MULTILINE)
    )


def edit_grub(text: str, change: BootChange) -> tuple[str, int]:
    """Return a configuration with the change in each entry of the installer, and the number of these entries."""
    lines = text.split("\n")
    starts = _installer_lines(lines)
    for kernel, initrd in starts:
        lines[kernel] = _with_words(lines[kernel], change)
        if change.initrd:
            lines[initrd] = _with_initrd(lines[initrd], change.initrd)
    if starts and any(ENTRY.match(line) for line in lines):
        _stop_waiting(lines, {kernel for kernel, _ in starts})
    return "\n".join(lines), len(starts)


def _installer_lines(lines: list[str]) -> list[tuple[int, int]]:
    """Return the numbers of the lines with kernel and initial RAM file system of each entry of the installer."""
    found, kernel = [], -1
    for number, line in enumerate(lines):
        if ENTRY.match(line):
            kernel = -1
        elif "initrd" in line and INITRD.match(line) and kernel >= 0:
            match = KERNEL.match(lines[kernel])
            if match and starts_installer(match["kernel"], match["rest"]):
                found.append((kernel, number))
            kernel = -1
        elif "linux" in line.split("/")[0] and KERNEL.match(line):
            kernel = number
    return found


def _with_words(line: str, change: BootChange) -> str:
    match = KERNEL.match(line)
    if match is None:
        return line
    words = " ".join(_quoted(word) for word in change.words_for(match["rest"]))
    rest = change.without_conflicts(match["rest"])
    return f"{match['start']}{match['kernel']} {words}{rest if rest[:1].isspace() or not rest else ' ' + rest}"


def _with_initrd(line: str, path: str) -> str:
    match = INITRD.match(line)
    if match is None:
        return line
    device = re.match(r"\([^)]*\)", match["first"])
    return f"{match['start']}{match['first']}{match['rest']} {device[0] if device else ''}{path}{match['end']}"


def _quoted(word: str) -> str:
    """Return a word as GRUB reads it; words with quotes have been refused."""
    return word if PLAIN.fullmatch(word) else f"'{word}'"


def _stop_waiting(lines: list[str], kernels: set[int]) -> None:
    """Give the menu an end, and let it end with an entry that starts the installer."""
    entries = _entries(lines, kernels)
    timeouts = [number for number, line in enumerate(lines) if TIMEOUT.match(line)]
    for number in timeouts:
        lines[number] = TIMEOUT.sub(_short, lines[number])
    target = next((position for position, entry in enumerate(entries) if entry.installs and not entry.is_submenu), None)
    early = [] if timeouts else [f"set timeout={WAIT_S}"]
    if target is not None:
        defaults = [number for number, line in enumerate(lines) if DEFAULT.match(line)]
        for number in defaults:
            lines[number] = DEFAULT.sub(lambda match: _default(match, entries, target), lines[number])
        if not defaults and target != 0:
            early.append(f"set default={_name(entries, target)}")
    lines[:0] = early


def _short(match: re.Match[str]) -> str:
    return match[0] if int(match[3]) >= 0 else f"{match[1]}{WAIT_S}{match[4]}"


def _default(match: re.Match[str], entries: list[_Entry], target: int) -> str:
    value = match[2].strip()
    if "$" in value or ">" in value:
        return match[0]
    chosen = next((entry for entry in entries if value and value in (entry.identifier, entry.title)), None)
    if chosen is None and value.isdigit() and int(value) < len(entries):
        chosen = entries[int(value)]
    if chosen is None or chosen.installs:
        return match[0]
    return f"{match[1]}{_name(entries, target)}{match[3]}"


def _name(entries: list[_Entry], position: int) -> str:
    """Return how GRUB selects an entry: by its title, which conditions before it do not shift, else by its position."""
    title = entries[position].title
    plain = re.fullmatch(r"[\w .,()/-]+", title) and [entry.title for entry in entries].count(title) == 1
    return f'"{title}"' if plain and not title.isdigit() else str(position)


def _entries(lines: list[str], kernels: set[int]) -> list[_Entry]:
    """Return the entries at the top of the menu, in their order."""
    entries: list[_Entry] = []
    depth = 0
    for number, line in enumerate(lines):
        match = ENTRY.match(line)
        if match and depth == 0:
            title = re.search(r"\"([^\"]*)\"|'([^']*)'|(?<=\s)([^-\s{][^\s{]*)", match["rest"])
            identifier = re.search(r"--id[= ]['\"]?([^\s'\"]+)", match["rest"])
            name = next((group for group in title.groups() if group), "") if title else ""
            entries.append(_Entry(name, identifier[1] if identifier else "", is_submenu=match["kind"] == "submenu"))
        if number in kernels and entries and depth > 0:
            entries[-1].installs = True
        depth += _braces(line)
    return entries


def _braces(line: str) -> int:
    code = re.sub(r"\"[^\"]*\"|'[^']*'|\$\{\w+\}|#.*", "", line)
    return code.count("{") - code.count("}")
