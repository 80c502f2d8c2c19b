"""Sections of a stack's report."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from commands.report.drawing import figure_tables
from commands.report.drawing.figure_tables import clock, number, table
from commands.report.drawing.markup import Markup, element, joined, verbatim
from commands.report.drawing.timeline import legend, timeline
from commands.report.figures import rental_costs, run_times
from commands.report.figures.failed_steps import Evidence, messages_of, other_messages
from commands.report.figures.step_times import BuildSteps
from commands.report.stack_report import StackReport
from commands.summary import STEPS, UNKNOWN, together
from config.prices import money
from config.wording import count, duration, size
from huaweicloud.printable import printable_line

OUTPUTS = {
    "image_name": "image",
    "image_id": "image id",
    "os_version": "operating system",
    "detected_os_version": "as detected",
    "min_disk": "smallest disk",
    "image_size": "size",
    "iso_image_id": "ISO image",
    "build_id": "build id",
    "temporary_server": "server",
}
"""Outputs of a build that a report shows; no others, because a program may have secret ones."""


class LiveConsole(NamedTuple):
    """
    Console of a server that is being installed.

    Attributes:
        build: Name of the build.
        link: Address on this machine that leads to the screen while the command runs; "" without one.
        lines: Last lines of its console.
    """

    build: str
    link: str
    lines: tuple[str, ...]


def section(title: str, *children: object, kind: str) -> Markup:
    """Return a section with a heading."""
    return element("section", element("h2", title), *children, data_section=kind)


def sections(report: StackReport, consoles: Iterable[LiveConsole] = ()) -> Iterator[Markup]:
    """Yield the sections of a report, without those that have no content."""
    yield _overview(report)
    yield from _under_way(report)
    shown = [part for console in consoles for part in _console(report, console)]
    if shown:
        yield section("Consoles", *shown, kind="consoles")
    yield from _failures(report)
    if report.record.builds:
        shared = "Builds that share an import show it each; it counts once together."
        body = figure_tables.of_builds(report.record.builds)
        yield section("Builds", body, element("p", shared, class_="muted"), kind="builds")
    if report.others:
        body = figure_tables.of_builds(report.others, label="Builds of an unfinished run")
        yield section("Builds of an unfinished run", body, element("p", OTHERS, class_="muted"), kind="others")
    yield from _times(report)
    if report.record.runs:
        yield section("Runs", element("p", RUNS, class_="muted"), figure_tables.of_runs(report), kind="runs")
    if report.costs:
        words = "Server and disks by the price table, for the time from the begin of the server to its teardown."
        if all(cost.hourly is None for cost in report.costs):
            words = "No price is known: set `prices` in the configuration of the stack, or use `--prices FILE`."
        yield section("Cost", element("p", words, class_="muted"), figure_tables.of_costs(report), kind="costs")
    yield from _outputs(report)


OTHERS = "A run that fails or is interrupted keeps the outputs of the stack, which the table of `make summary` shows."
RUNS = (
    "In steps, the program waits for the cloud: imports, servers, installations, captures, deletions. Outside of steps "
    "is the time that the program itself adds: its start, policies, the order of the steps and the state. A step ends "
    "with the status read that shows its result, so it contains the delay of that read. Pulumi records whole seconds."
)


def _overview(report: StackReport) -> Markup:
    builds = report.record.builds or report.others
    seconds, requests, queued_s = together(builds)
    total = sum(seconds.values()) + queued_s
    number_ = max(len(report.begun), len(builds))
    tiles = [("builds", f"{number_ - _open(report.begun)} of {number_} finished")]
    if builds:
        tiles += [("time of all steps", duration(total)), ("requests", str(sum(requests.values()) or UNKNOWN))]
    if report.chain.steps:
        tiles.append(("critical path", duration(report.chain.total_s)))
    if report.run is not None:
        inside = run_times.in_steps_s(report.run.began, report.run.ended, report.steps)
        outside = max(report.run.seconds - inside, 0.0)
        tiles.append(("cloud / program", f"{duration(inside)} / {duration(outside)}"))
    cost = rental_costs.total(report.costs)
    if cost is not None:
        tiles.append(("cost", money(cost, report.record.prices.currency)))
    boxes = [element("div", element("dt", title), element("dd", value)) for title, value in tiles]
    notes = [element("p", report.record.hidden(note), class_="muted") for note in report.record.notes]
    return element("div", element("dl", *boxes, class_="tiles"), *notes)


def _open(builds: Iterable[BuildSteps]) -> int:
    return sum(bool(build.next_step) for build in builds)


def _times(report: StackReport) -> Iterator[Markup]:
    if not report.steps:
        return
    stopped = [(failure.build, STEPS[failure.step]) for failure in report.failed]
    picture = timeline(report.steps, report.chain.steps, stopped)
    scroll = element("div", picture, class_="wide", role="region", aria_label="Timeline", tabindex=0)
    yield section("Timeline", scroll, legend(report.steps), kind="timeline")
    words = (
        f"The steps that determined the end, since the last long pause: {duration(report.chain.work_s)} in steps and "
        f"{duration(report.chain.between_s)} between them."
    )
    yield section("Critical path", element("p", words, class_="muted"), figure_tables.of_path(report), kind="path")


def _under_way(report: StackReport) -> Iterator[Markup]:
    if not report.record.holder:
        return
    progress = report.record.events.progress
    words = {
        step: messages_of({urn: [text] for urn, text in progress.items()}, step.build, step.step)
        for step in report.steps
        if step.is_open
    }
    open_rows = [
        element(
            "tr",
            element("th", step.build, scope="row"),
            element("td", STEPS[step.step]),
            number(duration(step.seconds)),
            element("td", report.record.hidden(" ".join(shown))) if any(words.values()) else None,
        )
        for step, shown in words.items()
    ]
    if open_rows:
        progressing = [("progress", False)] if any(words.values()) else []
        head = [("build", False), ("step", False), ("so far", True), *progressing]
        yield section("Under way", table("Under way", head, open_rows), kind="under-way")


def _console(report: StackReport, console: LiveConsole) -> Iterator[Markup]:
    if console.link or console.lines:
        yield element("h3", printable_line(console.build))
    if console.link:
        link = element("a", "open the screen of the server", href=console.link, rel="noreferrer")
        yield element("p", link, " (while `--live` runs, on this machine)")
    if console.lines:
        yield element("pre", report.record.hidden("\n".join(console.lines)))


def _failures(report: StackReport) -> Iterator[Markup]:
    parts: list[Markup] = []
    for failure in report.failed:
        title = f"{printable_line(failure.build)}: {STEPS[failure.step]} has not ended"
        parts.append(element("h3", title, class_="bad"))
        messages = report.record.hidden("\n\n".join(failure.messages))
        parts.append(element("pre", messages) if messages else element("p", NO_MESSAGE, class_="muted"))
    others = other_messages(report.record.events, report.failed)
    if others:
        shown = element("pre", report.record.hidden("\n\n".join(others)))
        parts.append(element("details", element("summary", "Messages of the run"), shown, open=not report.failed))
    parts += [_evidence(report, found) for found in report.evidence]
    if parts:
        yield section("Failed steps" if report.failed or others else "Earlier failures", *parts, kind="failures")


NO_MESSAGE = "The message is in the output of the run; `--events FILE` adds it from an event log of Pulumi."


def _evidence(report: StackReport, found: Evidence) -> Markup:
    at = f"{found.at[:4]}-{found.at[4:6]}-{found.at[6:8]} {found.at[9:11]}:{found.at[11:13]}:{found.at[13:15]}"
    head = element("summary", f"{printable_line(found.build)}: last output of its server, {at} UTC")
    parts = [element("p", report.record.hidden(found.reason))] if found.reason else []
    if found.left_out:
        parts.append(element("p", f"The {count(found.left_out, 'line')} before are in {found.file}.", class_="muted"))
    if found.console:
        parts.append(element("pre", report.record.hidden(found.console)))
    if found.picture:
        data = base64.b64encode(found.picture).decode()
        shown = f"Screen of the server of {printable_line(found.build)}"
        parts.append(element("img", src=verbatim(f"data:image/png;base64,{data}"), alt=shown))
    return element("details", head, *parts, open=True, data_evidence=found.build)


def _outputs(report: StackReport) -> Iterator[Markup]:
    declared = report.record.outputs().get("builds")
    values: dict[str, Mapping[str, Any]] = {build.name: _of_image(build) for build in report.begun if build.image}
    for name, output in declared.items() if isinstance(declared, Mapping) else ():
        if isinstance(output, Mapping):
            values[str(name)] = {**values.get(str(name), {}), **output}
    rows = [
        element(
            "tr",
            element("th", printable_line(name), scope="row"),
            *(element("td", _shown(key, output.get(key)), data_output=key) for key in OUTPUTS),
        )
        for name, output in sorted(values.items())
        if any(key in output for key in OUTPUTS)
    ]
    if rows:
        head = [("build", False), *((title, False) for title in OUTPUTS.values())]
        yield section("Images and outputs", table("Outputs", head, rows), kind="outputs")


def _of_image(build: BuildSteps) -> dict[str, Any]:
    names = {"name": "image_name", "size": "image_size"}
    own = {"build_id": build.build_id, "iso_image_id": build.server.get("iso_image_id")}
    return own | {names.get(key, key): value for key, value in build.image.items()}


def _shown(key: str, value: Any) -> Markup | str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return UNKNOWN
    if key == "image_size" and not isinstance(value, str):
        return size(int(value))
    if key == "min_disk" and not isinstance(value, str):
        return f"{value:g} GiB"
    shown = printable_line(str(value), 300)
    return joined(element("code", shown)) if key.endswith("_id") else shown


def written(report: StackReport) -> str:
    """Return the sentence on the time and the source of a report."""
    return f"Written at {clock(report.at)} UTC from the state of the stack {printable_line(report.record.stack)}."
