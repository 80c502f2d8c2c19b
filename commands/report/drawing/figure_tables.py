"""Tables of a report: builds, critical path, runs and costs."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from commands.report.drawing.markup import Markup, element, joined
from commands.report.figures import rental_costs, run_times
from commands.report.stack_report import StackReport
from commands.summary import STEPS, UNKNOWN, Build, steps_of, together
from config.prices import money
from config.wording import count, duration
from huaweicloud.printable import printable_line

SHORTEST_PAUSE_S = 0.5
"""Seconds of a pause in the critical path that has a row of its own."""


def clock(seconds: float) -> str:
    """Return a time in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def table(label: str, head: Sequence[tuple[str, bool]], rows: Iterable[Markup]) -> Markup:
    """
    Return a table that can be scrolled by keyboard where it is wider than the screen.

    Args:
        label: Name of the table.
        head: Title of each column, and True for a column of numbers.
        rows: Rows.
    """
    titles = (element("th", title, scope="col", class_="number" if right else None) for title, right in head)
    whole = element("table", element("thead", element("tr", *titles)), element("tbody", *rows))
    return element("div", whole, class_="wide", role="region", aria_label=label, tabindex=0)


def number(shown: object, value: float | None = None, **more: object) -> Markup:
    """Return a cell with a number and, for programs, its exact value."""
    return element("td", shown, class_="number", data_value=value, **more)


def of_builds(builds: Sequence[Build], label: str = "Builds") -> Markup:
    """Return the table of `make summary`, with the requests of each step."""
    has_queue = any(build.queued_s for build in builds)
    of_procedure = steps_of(builds)
    rows = [_build_row(build, of_procedure, has_queue) for build in builds]
    if len(builds) > 1:
        seconds, requests, queued_s = together(builds)
        rounded = {step: round(value, 1) for step, value in seconds.items()}
        cells = _figures(of_procedure, rounded, requests, round(queued_s, 1) if has_queue else None)
        total = sum(seconds.values()) + queued_s
        ends = (number(duration(total), round(total, 1), data_figure="total"), _requests(sum(requests.values())))
        name = element("th", "together", scope="row")
        rows.append(element("tr", name, element("td"), *cells, *ends, class_="sum", data_build="together"))
    queue = [("queue", True)] if has_queue else []
    steps = [(title, True) for title in of_procedure.values()]
    head = [("build", False), ("image", False), *steps, *queue, ("total", True), ("requests", True)]
    return table(label, head, rows)


def _build_row(build: Build, steps: Iterable[str], has_queue: bool) -> Markup:
    plain = build.plain()
    cells = _figures(steps, build.duration_s, build.requests, build.queued_s if has_queue else None)
    total = duration(build.total_s) if build.duration_s else UNKNOWN
    return element(
        "tr",
        element("th", printable_line(build.name), scope="row"),
        element("td", printable_line(build.image_name)),
        *cells,
        number(total, plain["total_s"], data_figure="total"),
        _requests(plain["total_requests"]),
        data_build=printable_line(build.name),
    )


def _figures(
    steps: Iterable[str], seconds: Mapping[str, float], requests: Mapping[str, int], queued_s: float | None
) -> Iterable[Markup]:
    for step in steps:
        shown = duration(seconds[step]) if step in seconds else UNKNOWN
        sent = requests.get(step)
        words = None if sent is None else element("span", element("br"), count(sent, "request"), class_="muted")
        yield number(joined(shown, words), seconds.get(step), data_figure=step, data_requests=sent)
    if queued_s is not None:
        yield number(duration(queued_s), queued_s, data_figure="queue")


def _requests(total: int) -> Markup:
    return number(total or UNKNOWN, total, data_figure="requests")


def of_path(report: StackReport) -> Markup:
    """Return the steps of the critical path with the pauses before them."""
    chain = report.chain
    rows = []
    for step, pause in zip(chain.steps, chain.pauses(), strict=True):
        if pause >= SHORTEST_PAUSE_S:
            cells = (element("td", ""), element("td", "between steps", class_="muted"), element("td", ""))
            rows.append(element("tr", *cells, number(duration(pause), round(pause, 1))))
        title = f"{STEPS[step.step]}{' (under way)' if step.is_open else ''}"
        cells = (element("th", step.build, scope="row"), element("td", title), element("td", clock(step.work_begin)))
        rows.append(element("tr", *cells, number(duration(step.seconds), round(step.seconds, 1))))
    ends = (element("th", "whole path", scope="row"), element("td", ""), element("td", ""))
    rows.append(element("tr", *ends, number(duration(chain.total_s), round(chain.total_s, 1)), class_="sum"))
    head = [("build", False), ("step", False), ("begin (UTC)", False), ("time", True)]
    return table("Critical path", head, rows)


def of_runs(report: StackReport) -> Markup:
    """Return the runs of a stack with the time in steps, which the cloud determines, and the time outside of them."""
    rows = []
    for run in report.record.runs:
        inside = run_times.in_steps_s(run.began, run.ended, report.steps)
        changes = ", ".join(f"{number_} {name}" for name, number_ in run.changes.items()) or "no changes"
        rows.append(
            element(
                "tr",
                element("th", clock(run.began), scope="row"),
                element("td", run.kind),
                element("td", run.result, class_="bad" if run.result == "failed" else None),
                element("td", changes),
                number(duration(run.seconds), run.seconds, data_figure="run"),
                number(duration(inside), round(inside, 1), data_figure="in-steps"),
                number(duration(max(run.seconds - inside, 0.0)), data_figure="outside"),
                data_run=run.kind,
            )
        )
    head = [("begin (UTC)", False), ("run", False), ("result", False), ("resources", False)]
    return table("Runs", [*head, ("time", True), ("in steps", True), ("outside", True)], rows)


def of_costs(report: StackReport) -> Markup:
    """Return the costs of each build and their sum."""
    currency = report.record.prices.currency
    rows = []
    for cost in report.costs:
        disks = " + ".join(f"{size} GiB {kind}" for kind, size in cost.disks)
        rows.append(
            element(
                "tr",
                element("th", cost.build, scope="row"),
                element("td", cost.flavor),
                element("td", disks),
                number(UNKNOWN if cost.rental_s is None else duration(cost.rental_s), cost.rental_s),
                number(_money(cost.hourly, currency), cost.hourly),
                number(_money(cost.amount, currency), cost.amount, data_figure="cost"),
                number(_money(cost.per_month, currency), cost.per_month),
            )
        )
    total = rental_costs.total(report.costs)
    monthly = [cost.per_month for cost in report.costs if cost.per_month is not None]
    cells = [element("th", "together", scope="row"), *(element("td", "") for _ in range(4))]
    month = number(_money(sum(monthly) if monthly else None, currency))
    rows.append(element("tr", *cells, number(_money(total, currency), total), month, class_="sum"))
    head = [("build", False), ("flavor", False), ("disks", False), ("server rented", True), ("per hour", True)]
    return table("Costs", [*head, ("cost", True), ("image per month, at most", True)], rows)


def _money(amount: float | None, currency: str) -> str:
    return UNKNOWN if amount is None else money(amount, currency)
