"""Timeline of builds as a picture: a row for each build, a bar for each step, on an axis without long pauses."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

from commands.report.drawing.markup import Markup, element
from commands.report.figures.step_times import StepTime, spans_of
from commands.summary import OPTIONAL, STEPS
from config.wording import approximate_duration, duration
from huaweicloud.printable import printable_line

WIDTH = 900
LABELS = 190
RIGHT = 20
ROW = 28
BAR = 16
TOP = 34
BREAK = 34
"""Width of a pause that the axis leaves out."""
LONGEST_LABEL = 26
LABEL_WIDTH = 75
"""Room that the time at the begin of a part needs."""
TICKS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 86400)
NUMBERS = {step: number for number, step in enumerate(sorted(STEPS, key=OPTIONAL.__contains__))}
"""Numbers of the colours of the steps, of which those that not every build has come last."""


class Part(NamedTuple):
    """Part of the axis between two pauses that are left out, with its place."""

    begin: float
    end: float
    x: float
    width: float


class Axis:
    """
    Axis of time.

    Args:
        steps: Steps that it has room for.
    """

    def __init__(self, steps: Sequence[StepTime]) -> None:
        spans = spans_of(steps)
        seconds = max(sum(end - begin for begin, end in spans), 1e-3)
        room = max(WIDTH - LABELS - RIGHT - BREAK * (len(spans) - 1), WIDTH / 4)
        self.parts: list[Part] = []
        x = float(LABELS)
        for begin, end in spans:
            width = room * (end - begin) / seconds
            self.parts.append(Part(begin, end, x, width))
            x += width + BREAK

    def x(self, time: float) -> float:
        """Return the place of a time."""
        for part in self.parts:
            if time <= part.end:
                share = (time - part.begin) / (part.end - part.begin) if part.end > part.begin else 0.0
                return part.x + part.width * min(max(share, 0.0), 1.0)
        return self.parts[-1].x + self.parts[-1].width

    def ticks(self) -> Iterator[tuple[float, float]]:
        """Yield place and seconds since the begin of the part of each tick, except its begin."""
        longest = max(part.end - part.begin for part in self.parts)
        step = next((tick for tick in TICKS if longest / tick <= 7), TICKS[-1])
        for part in self.parts:
            for count in range(1, min(int((part.end - part.begin) / step), 50) + 1):
                yield self.x(part.begin + count * step), count * step


def timeline(steps: Sequence[StepTime], path: Collection[StepTime], stopped: Iterable[tuple[str, str]] = ()) -> Markup:
    """
    Return the picture.

    Args:
        steps: Steps of all builds, at least one.
        path: Steps of the critical path.
        stopped: Names of builds that have stopped, with the title of the step.
    """
    axis, failed, path = Axis(steps), dict(stopped), frozenset(path)
    rows = list(dict.fromkeys(step.build for step in steps))
    bottom = TOP + ROW * len(rows)
    body = [*_grid(axis, bottom), *_breaks(axis, bottom)]
    by_build: dict[str, list[StepTime]] = {build: [] for build in rows}
    for step in steps:
        by_build[step.build].append(step)
    for number, (build, own) in enumerate(by_build.items()):
        body += _row(build, own, path, axis, TOP + ROW * number)
        if build in failed:
            x = axis.x(max(step.end for step in own))
            title = element("title", f"{build}: stopped at {failed[build]}")
            place = {"x": f"{min(x + 3, WIDTH - 12):.1f}", "y": TOP + ROW * number + BAR, "class_": "stopped"}
            body.append(element("text", title, "✕", **place))
    return element(
        "svg",
        element("title", "Timeline of the builds by steps"),
        *body,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {bottom + 18}",
        role="img",
    )


def _grid(axis: Axis, bottom: float) -> Iterator[Markup]:
    begins = [datetime.fromtimestamp(part.begin, UTC) for part in axis.parts]
    form = "%H:%M:%S" if len({begin.date() for begin in begins}) == 1 else "%m-%d %H:%M"
    nexts = [*(part.x for part in axis.parts[1:]), float("inf")]
    for part, begin, following in zip(axis.parts, begins, nexts, strict=True):
        yield _line(part.x, bottom)
        if following - part.x > LABEL_WIDTH:
            yield element("text", begin.strftime(form), x=f"{part.x:.1f}", y=14, class_="note")
    last = float("-inf")
    for x, seconds in axis.ticks():
        yield _line(x, bottom)
        if x - last > 50:
            last = x
            label = f"+{duration(seconds)}"
            yield element("text", label, x=f"{x:.1f}", y=27, class_="note", text_anchor="middle")


def _line(x: float, bottom: float) -> Markup:
    return element("line", x1=f"{x:.1f}", x2=f"{x:.1f}", y1=TOP - 4, y2=bottom, class_="grid")


def _breaks(axis: Axis, bottom: float) -> Iterator[Markup]:
    for before, after in pairwise(axis.parts):
        x = before.x + before.width
        title = element("title", f"{duration(after.begin - before.end)} without a step")
        yield element(
            "rect", title, x=f"{x + 4:.1f}", y=TOP - 4, width=BREAK - 8, height=bottom - TOP + 4, class_="break"
        )
        shown = approximate_duration(after.begin - before.end)
        yield element("text", shown, x=f"{x + BREAK / 2:.1f}", y=bottom + 12, class_="note", text_anchor="middle")


def _row(build: str, steps: Sequence[StepTime], path: Collection[StepTime], axis: Axis, y: float) -> Iterator[Markup]:
    label = printable_line(build, LONGEST_LABEL)
    yield element("text", element("title", build), label, x=LABELS - 10, y=y + 13, text_anchor="end")
    for step in steps:
        if step.queued_s:
            yield _bar(axis.x(step.begin), axis.x(step.work_begin), y, f"{build}: queue", "queue")
        kinds = [f"s{NUMBERS[step.step]}"]
        kinds += ["shared"] if step.is_shared else []
        kinds += ["open"] if step.is_open else []
        kinds += ["path"] if step in path else []
        words = f"{build}: {STEPS[step.step]}, {duration(step.seconds)}"
        words += ", shared import" if step.is_shared else ", under way" if step.is_open else ""
        yield _bar(axis.x(step.work_begin), axis.x(step.end), y, words, " ".join(kinds))


def _bar(begin: float, end: float, y: float, title: str, kinds: str) -> Markup:
    width = f"{max(end - begin, 1.5):.1f}"
    return element("rect", element("title", title), x=f"{begin:.1f}", y=y, width=width, height=BAR, rx=2, class_=kinds)


def legend(steps: Iterable[StepTime]) -> Markup:
    """Return the meaning of the bars of some steps."""
    present = {step.step for step in steps}
    has_queue = any(step.queued_s for step in steps)
    named = {step: title for step, title in STEPS.items() if step not in OPTIONAL or step in present}
    shown = [(f"s{NUMBERS[step]}", title) for step, title in named.items()]
    shown += [("queue", "queue")] if has_queue else []
    shown += [("path s4", "frame: critical path")]
    square = {"x": 2, "y": 2, "width": 10, "height": 10, "rx": 2}
    items = [
        element("li", element("svg", element("rect", class_=kind, **square), viewBox="0 0 14 14"), f" {title}")
        for kind, title in shown
    ]
    return element("ul", *items, class_="legend")
