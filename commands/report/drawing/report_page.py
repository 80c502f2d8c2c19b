"""Report as one HTML document that loads nothing and needs no script."""

from collections.abc import Iterable

from commands.report.drawing.markup import Markup, element, joined, verbatim
from commands.report.drawing.report_sections import LiveConsole, sections, written
from commands.report.drawing.report_style import STYLE, policy
from commands.report.stack_report import StackReport

EXPLAINED = {
    "finished": "Finished: all builds have an image.",
    "not finished": "Not finished: the latest run has failed or was interrupted. Correct the cause, then repeat it.",
    "under way": "Under way: the stack is in use by",
    "without builds": "Without builds: the state of the stack has none yet. A run of `make up` records them.",
}


def of_stack(report: StackReport, consoles: Iterable[LiveConsole] = (), refresh_s: float | None = None) -> str:
    """
    Return the document of a stack's report.

    Args:
        report: Report of the stack.
        consoles: Consoles of servers that are being installed, of a live report.
        refresh_s: Seconds after which a browser loads the file again; None for a report that stays as it is.
    """
    title = f"Run report: {report.record.stack}"
    words = EXPLAINED[report.status]
    if report.record.holder:
        words = f"{words} {report.record.holder}."
    kind = {"finished": "good", "not finished": "bad"}.get(report.status, "muted")
    head = joined(
        element("h1", title),
        element("p", words, class_=f"status {kind}", data_status=report.status),
    )
    return document(title, [head, *sections(report, consoles)], written(report), refresh_s)


def document(title: str, parts: Iterable[Markup], footer: str, refresh_s: float | None = None) -> str:
    """
    Return a document.

    Args:
        title: Title of the page.
        parts: Content of the page.
        footer: Sentence at its end.
        refresh_s: Seconds after which a browser loads the file again; None for never.
    """
    refresh = None if refresh_s is None else element("meta", http_equiv="refresh", content=f"{refresh_s:g}")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy()),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="color-scheme", content="light dark"),
        refresh,
        element("title", title),
        element("style", verbatim(STYLE)),
    )
    body = element("body", element("main", *parts), element("footer", element("p", footer, class_="muted")))
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"
