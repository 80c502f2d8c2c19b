"""Steps at which builds have stopped, with messages of the engine and the saved console and screen of servers."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from commands.report.figures.engine_events import EngineEvents
from commands.report.figures.step_times import KINDS, BuildSteps
from huaweicloud.printable import printable, printable_line
from providers.installation.diagnostic_files import MAX_PICTURE, MAX_TEXT

MAX_EVIDENCE = 10
"""Number of servers whose files a report contains, the latest ones."""
MAX_LINES = 300
"""Number of console lines in a report; the file has all of them."""
_NAME = re.compile(r"(?P<server>.+)-(?P<build_id>[0-9a-f]{16})-(?P<time>\d{8}T\d{6})Z-[0-9a-f]{4}\.(?:log|png)")
_PNG = b"\x89PNG\r\n\x1a\n"


class Evidence(NamedTuple):
    """
    Last output of a server that was deleted.

    Attributes:
        build: Name of the build.
        at: Time of its deletion, as YYYYMMDDTHHMMSS in UTC.
        reason: Sentence with the reason.
        console: Last lines of its console.
        left_out: Number of lines before them.
        picture: PNG of its screen; empty without one.
        file: File of the console, or of the picture.
    """

    build: str
    at: str
    reason: str
    console: str
    left_out: int
    picture: bytes
    file: Path


class FailedStep(NamedTuple):
    """
    Step at which a build has stopped.

    Attributes:
        build: Name of the build.
        step: Key of the step.
        messages: Error messages of the engine about its resource.
    """

    build: str
    step: str
    messages: tuple[str, ...]


def failed_steps(builds: Iterable[BuildSteps], events: EngineEvents) -> list[FailedStep]:
    """Return the steps at which builds have stopped, if no run is under way."""
    return [
        FailedStep(build.name, build.next_step, messages_of(events.errors, build.name, build.next_step))
        for build in builds
        if build.next_step
    ]


def messages_of(messages: Mapping[str, list[str]], build: str, step: str) -> tuple[str, ...]:
    """Return the messages about the resource of a build's step; those about every import, which has another name."""
    return tuple(text for urn, texts in messages.items() if _is_of(urn, build, step) for text in texts)


def _is_of(urn: str, build: str, step: str) -> bool:
    kind = f":{KINDS[step]}::"
    return kind in urn if step == "iso_image" else urn.endswith(f"{kind}{build}")


def other_messages(events: EngineEvents, failed: Iterable[FailedStep]) -> tuple[str, ...]:
    """Return the error messages that are about none of some steps, such as those of the preflight."""
    steps = [(failure.build, failure.step) for failure in failed]
    return tuple(
        text for urn, texts in events.errors.items() if not any(_is_of(urn, *step) for step in steps) for text in texts
    )


def evidence(builds: Mapping[str, str], folder: Path) -> list[Evidence]:
    """
    Return the saved output of the servers of builds, latest first.

    Args:
        builds: Names of the builds by their ids.
        folder: Folder of the files, see providers.installation.diagnostic_files.
    """
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError:
        return []
    stems: dict[tuple[str, str], str] = {}
    for name in names:
        found = _NAME.fullmatch(name)
        if found and found["build_id"] in builds:
            stems[found["time"], name.rpartition(".")[0]] = builds[found["build_id"]]
    latest = sorted(stems.items(), reverse=True)[:MAX_EVIDENCE]
    return [_evidence(folder / stem, at, build) for (at, stem), build in latest]


def _evidence(stem: Path, at: str, build: str) -> Evidence:
    log, png = (stem.with_name(f"{stem.name}.{ending}") for ending in ("log", "png"))
    text = printable(_read(log, 2 * MAX_TEXT).decode(errors="replace"), 2 * MAX_TEXT)
    reason, _, console = text.partition("\n")
    lines = console.strip("\n").split("\n")
    picture = _read(png, MAX_PICTURE)
    return Evidence(
        build,
        at,
        printable_line(reason),
        "\n".join(lines[-MAX_LINES:]),
        max(len(lines) - MAX_LINES, 0),
        picture if picture.startswith(_PNG) else b"",
        log if text else png,
    )


def _read(file: Path, limit: int) -> bytes:
    """Return the beginning of a file; nothing if it cannot be read, as where it was deleted in the meantime."""
    try:
        with file.open("rb") as content:
            return content.read(limit)
    except OSError:
        return b""
