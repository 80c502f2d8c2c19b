"""Result of an inspection for a terminal: facts as lines, findings as a table."""

import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from lab.inspection.findings import shortened

TOPIC_WIDTH = 14
SEVERITY_WIDTH = 9
MIN_WIDTH, MAX_WIDTH = 72, 140
MAX_SHOWN = 12
UNITS = ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


def rendered(image: dict[str, Any], result: dict[str, Any], width: int) -> str:
    """
    Return the text that shows the result of an inspection.

    Args:
        image: Description of the image, with its name, its id and its boot mode.
        result: Facts, findings and their numbers.
        width: Width of the terminal in characters.
    """
    width = min(max(width, MIN_WIDTH), MAX_WIDTH)
    lines = list(_facts(image, result["facts"], width))
    findings = result["findings"]
    if findings:
        lines += ["", *_row("SEVERITY", "FINDING", "FIX", width)]
        for finding in findings:
            lines += _row(finding["severity"], finding["finding"], finding["fix"], width)
    counts = [f"{n} {severity}{'' if n == 1 else 's'}" for severity, n in result["counts"].items() if n]
    return "\n".join([*lines, "", ", ".join(counts) or "no findings", ""])


def _facts(image: dict[str, Any], facts: dict[str, Any], width: int) -> Iterator[str]:
    boot_mode = "UEFI" if image["firmware"] == "uefi" else "BIOS"
    yield from _lines("image", [f"{shortened(image['name'])} ({image['id']}), boots by {boot_mode}"], width)
    topics = (
        ("system", "operating_system", _system),
        ("disk", "disk", _disk),
        ("partitions", "partition_table", _partitions),
        ("boot loaders", "boot_loaders", _loaders),
        ("boot entries", "boot_entries", _entries),
        ("mounts", "fstab", _mounts),
        ("kernels", "kernels", _kernels),
        ("cloud-init", "cloud_init", _cloud_init),
        ("network", "network", _network),
        ("machine id", "machine_id", lambda state: [state]),
        ("host keys", "ssh_host_keys", _host_keys),
        ("time zone", "time_zone", lambda zone: [zone or "not set (UTC)"]),
        ("packages", "packages", _packages),
    )
    for title, topic, lines_of in topics:
        if topic in facts:
            yield from _lines(title, lines_of(facts[topic]), width)


def _lines(title: str, values: Iterable[str], width: int) -> Iterator[str]:
    known = list(values) or ["none"]
    shown = known[:MAX_SHOWN] + ([f"and {len(known) - MAX_SHOWN} more (--json)"] if len(known) > MAX_SHOWN else [])
    for number, value in enumerate(shown):
        parts = textwrap.wrap(value, width - TOPIC_WIDTH, subsequent_indent="  ", break_on_hyphens=False)
        for place, part in enumerate(parts or [""]):
            yield f"{title if number == place == 0 else '':{TOPIC_WIDTH}}{part}".rstrip()


def _row(severity: str, finding: str, fix: str, width: int) -> Iterator[str]:
    left = (width - SEVERITY_WIDTH) * 3 // 5
    right = width - SEVERITY_WIDTH - left
    columns = [textwrap.wrap(finding, left - 2), textwrap.wrap(fix, right)]
    for number in range(max(len(column) for column in columns)):
        first, second = (column[number] if number < len(column) else "" for column in columns)
        yield f"{severity if number == 0 else '':{SEVERITY_WIDTH}}{first:{left}}{second}".rstrip()


def _system(name: str | None) -> Iterator[str]:
    yield name or "unknown"


def _disk(disk: dict[str, Any]) -> Iterator[str]:
    yield f"{_size(disk['size_bytes'])}, {disk['format']}"


def _partitions(table: dict[str, Any]) -> Iterator[str]:
    yield (table["scheme"] or "no partition table").upper() if table["scheme"] else "no partition table"
    for each in table["partitions"]:
        number = "whole disk" if each["number"] is None else f"{each['number']}"
        content = each["content"] or {}
        label = f"label {content['label']}" if content.get("label") else ""
        kind = f"{each.get('type', '')}: {content.get('type', 'no file system')}"
        yield f"{number}  {_size(each['size_bytes'])}  {' '.join(filter(None, (kind, label, content.get('uuid'))))}"


def _loaders(loaders: dict[str, Any]) -> Iterator[str]:
    bios = loaders["bios"]
    if bios is None:
        yield "BIOS: none"
    else:
        yield f"BIOS: {bios['loader']}" + (f", continues in {bios['continues_in']}" if bios["continues_in"] else "")
    programs = [f"{each['path']} ({each['machine'] or 'no program'})" for each in loaders["uefi"]]
    yield f"UEFI: {', '.join(programs) or 'none'}"


def _entries(entries: list[dict[str, Any]]) -> Iterator[str]:
    for entry in entries:
        yield f"{entry['title'] or 'without title'}: {entry['kernel']}, root={entry['root'] or '(none)'}"


def _mounts(mounts: list[dict[str, Any]]) -> Iterator[str]:
    for mount in mounts:
        yield f"{mount['target']} from {mount['source']} ({mount['type']}, {mount['options']})"


def _kernels(kernels: list[dict[str, Any]]) -> Iterator[str]:
    for kernel in kernels:
        yield f"{kernel['release'] or kernel['path']}; initramfs: {', '.join(kernel['compression'])}"
        for driver, presence in kernel["drivers"].items():
            yield f"  {driver} {presence}"


def _cloud_init(state: dict[str, Any]) -> Iterator[str]:
    if not state["is_installed"]:
        yield "not installed"
        return
    sources = ", ".join(state["data_sources"]) or "not listed (detected at the start)"
    yield f"installed{', disabled' if state['is_disabled'] else ''}; data sources: {sources}"


def _network(network: dict[str, Any]) -> Iterator[str]:
    for each in network["configurations"]:
        parts = ["DHCP"] if each["uses_dhcp"] else []
        parts += [f"{kind} {', '.join(each[key])}" for kind, key in _NETWORK_PARTS if each[key]]
        yield f"{each['path']}: {'; '.join(parts)}"
    if network["has_kernel_names"]:
        yield "cards are named eth0, eth1, …"


_NETWORK_PARTS = (("addresses", "addresses"), ("cards", "cards"), ("MAC addresses", "mac_addresses"))


def _host_keys(keys: list[str]) -> list[str]:
    return keys


def _packages(packages: dict[str, Any]) -> Iterator[str]:
    if packages["manager"] is None:
        yield "no database of dpkg, rpm or apk"
    elif packages["count"] is None:
        yield f"{packages['manager']}: {packages['database']}"
    else:
        yield f"{packages['manager']}: {packages['count']} installed"


def _size(size_bytes: int) -> str:
    for unit, name in UNITS:
        if size_bytes >= unit:
            return f"{round(size_bytes / unit, 1):g} {name}"
    return f"{size_bytes} bytes"
