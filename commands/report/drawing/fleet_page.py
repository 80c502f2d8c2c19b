"""Report of a fleet as one HTML document."""

from collections import Counter
from collections.abc import Iterator, Sequence

from commands.report.drawing.figure_tables import clock, number, table
from commands.report.drawing.markup import Markup, element, joined
from commands.report.drawing.report_page import EXPLAINED, document
from commands.report.drawing.report_sections import section, sections
from commands.report.drawing.timeline import legend, timeline
from commands.report.figures import rental_costs
from commands.report.fleet_report import Member
from commands.report.stack_report import StackReport
from commands.summary import STEPS, UNKNOWN, together
from config.prices import money
from config.wording import count, duration
from huaweicloud.printable import printable_line

GOOD = ("built", "under way", "empty", "absent")


def of_fleet(name: str, members: Sequence[Member], at: float) -> str:
    """
    Return the document of a fleet's report.

    Args:
        name: Name of the fleet file.
        members: Stacks of the fleet.
        at: Time of the report, in seconds since the epoch.
    """
    title = f"Fleet report: {printable_line(name)}"
    counts = Counter(member.status for member in members)
    words = ", ".join(f"{number_} {status}" for status, number_ in counts.items())
    kind = "good" if counts["built"] == len(members) else "bad" if {*counts} - {*GOOD} else "muted"
    head = joined(element("h1", title), element("p", words, class_=f"status {kind}"))
    footer = f"Written at {clock(at)} UTC from the state of {count(len(members), 'stack')}."
    return document(title, [head, _stacks(members), *_timeline(members), *map(_stack, members)], footer)


def _stacks(members: Sequence[Member]) -> Markup:
    rows = (_row(member) for member in members)
    head = [("stack", False), ("status", False), ("image", False), ("time", True), ("requests", True), ("cost", True)]
    return section("Stacks", table("Stacks", head, rows), kind="stacks")


def _row(member: Member) -> Markup:
    builds = member.report.record.builds if member.report else []
    seconds, requests, queued_s = together(builds)
    total = sum(seconds.values()) + queued_s
    images = ", ".join(printable_line(build.image_id) for build in builds)
    return element(
        "tr",
        element("th", member.name, scope="row"),
        element("td", member.status, class_=None if member.status in GOOD else "bad"),
        element("td", element("code", images) if images else UNKNOWN),
        number(duration(total) if builds else UNKNOWN, round(total, 1), data_figure="total"),
        number(sum(requests.values()) or UNKNOWN, sum(requests.values()), data_figure="requests"),
        number(_cost(member.report)),
        data_stack=member.name,
    )


def _cost(report: StackReport | None) -> str:
    cost = rental_costs.total(report.costs) if report else None
    return UNKNOWN if cost is None or report is None else money(cost, report.record.prices.currency)


def _timeline(members: Sequence[Member]) -> Iterator[Markup]:
    reports = [member.report for member in members if member.report]
    steps = [step._replace(build=_label(report, step.build)) for report in reports for step in report.steps]
    path = [step._replace(build=_label(report, step.build)) for report in reports for step in report.chain.steps]
    stopped = [(_label(report, failure.build), STEPS[failure.step]) for report in reports for failure in report.failed]
    if steps:
        picture = timeline(steps, path, stopped)
        scroll = element("div", picture, class_="wide", role="region", aria_label="Timeline", tabindex=0)
        yield section("Timeline", scroll, legend(steps), kind="timeline")


def _label(report: StackReport, build: str) -> str:
    """Return the label of a build's row: the stack, whose one build has no name of its own in a fleet."""
    return report.record.stack if len(report.begun) == 1 else f"{report.record.stack}: {build}"


def _stack(member: Member) -> Markup:
    head = element("summary", f"{member.name}: {member.status}")
    if member.report is None:
        words = member.problem or "The stack does not exist: no run of the fleet has created it, or it was removed."
        return element("details", head, element("p", words), data_member=member.name)
    words = EXPLAINED[member.report.status]
    if member.report.record.holder:
        words = f"{words} {member.report.record.holder}."
    return element("details", head, element("p", words), *sections(member.report), data_member=member.name)
