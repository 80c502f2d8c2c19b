"""Pictures of measurements as SVG, readable in light and in dark."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 860
LABELS = 250
RIGHT = 110
ROW = 26
TOP = 62
LEFT = 64
HEIGHT = 240
Place = Callable[[float, float], tuple[float, float]]
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-size: 15px; font-weight: 600 }
.note { font-size: 12px; fill: #57606a }
.page { fill: #ffffff }
.axis { stroke: #8c959f; stroke-width: 1 }
.grid { stroke: #d0d7de; stroke-width: 1 }
.limit { stroke: #cf222e; stroke-width: 1.5; stroke-dasharray: 5 3 }
.limit-text { font-size: 12px; fill: #cf222e }
.c0 { fill: #0969da; stroke: #0969da } .c1 { fill: #bf8700; stroke: #bf8700 } .c2 { fill: #1a7f37; stroke: #1a7f37 }
.c3 { fill: #8250df; stroke: #8250df } .c4 { fill: #bf3989; stroke: #bf3989 } .c5 { fill: #8c959f; stroke: #8c959f }
.line { fill: none; stroke-width: 2 } .bar { stroke: none }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .note { fill: #9198a1 } .page { fill: #0d1117 }
  .axis { stroke: #9198a1 } .grid { stroke: #30363d } .limit { stroke: #ff7b72 } .limit-text { fill: #ff7b72 }
  .c0 { fill: #58a6ff; stroke: #58a6ff } .c1 { fill: #d29922; stroke: #d29922 } .c2 { fill: #3fb950; stroke: #3fb950 }
  .c3 { fill: #bc8cff; stroke: #bc8cff } .c4 { fill: #f778ba; stroke: #f778ba } .c5 { fill: #6e7681; stroke: #6e7681 }
}
"""


@dataclass(frozen=True)
class Bar:
    """
    Row of a bar chart: consecutive parts, each a length and the number of its colour; negative numbers leave it empty.
    """

    label: str
    parts: Sequence[tuple[float, int]]
    text: str

    @property
    def length(self) -> float:
        return sum(length for length, _ in self.parts)


@dataclass(frozen=True)
class Limit:
    """Line at a limit."""

    at: float
    text: str


@dataclass(frozen=True)
class Line:
    """Series of points (x, y), joined as steps or straight."""

    label: str
    points: Sequence[tuple[float, float]]
    colour: int
    steps: bool = False


def bars(title: str, rows: Sequence[Bar], limits: Sequence[Limit] = (), legend: Sequence[tuple[str, int]] = ()) -> str:
    """Return a picture with horizontal bars."""
    longest = max([1e-9, *(row.length for row in rows), *(limit.at for limit in limits)])
    scale = (WIDTH - LABELS - RIGHT) / longest
    bottom = TOP + ROW * len(rows)
    body = [f'<line class="axis" x1="{LABELS}" y1="{TOP - 6}" x2="{LABELS}" y2="{bottom}"/>']
    for number, row in enumerate(rows):
        body += _bar(row, TOP + ROW * number, scale)
    for number, limit in enumerate(limits):
        x = LABELS + limit.at * scale
        body.append(f'<line class="limit" x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{bottom + 4}"/>')
        y = bottom + 18 + 15 * number
        body.append(f'<text class="limit-text" x="{x:.1f}" y="{y}" text-anchor="end">{escape(limit.text)}</text>')
    return _document(title, body, bottom + 14 + 15 * len(limits), legend)


def _bar(row: Bar, y: float, scale: float) -> list[str]:
    drawn = [f'<text x="{LABELS - 10}" y="{y + 14}" text-anchor="end">{escape(row.label)}</text>']
    x = float(LABELS)
    for length, colour in row.parts:
        width = length * scale
        if colour >= 0 and width > 0:
            drawn.append(
                f'<rect class="bar c{colour}" x="{x:.1f}" y="{y}" width="{max(width, 0.6):.1f}" height="18" rx="2"/>'
            )
        x += width
    drawn.append(f'<text x="{x + 6:.1f}" y="{y + 14}">{escape(row.text)}</text>')
    return drawn


def lines(
    title: str,
    drawn: Sequence[Line],
    *,
    x_title: str,
    y_title: str,
    limits: Sequence[Limit] = (),
    marks: Sequence[Limit] = (),
) -> str:
    """
    Return a picture with lines over a common x axis that begins at 0.

    Args:
        limits: Horizontal lines, at a y.
        marks: Vertical lines, at an x.
    """
    highest = 1.08 * max([1e-9, *(y for line in drawn for _, y in line.points), *(limit.at for limit in limits)])
    furthest = max([1e-9, *(x for line in drawn for x, _ in line.points), *(mark.at for mark in marks)])
    x_scale, y_scale = (WIDTH - LEFT - 40) / furthest, HEIGHT / highest
    bottom = TOP + HEIGHT

    def place(x: float, y: float) -> tuple[float, float]:
        return LEFT + x * x_scale, bottom - y * y_scale

    body = [*_axes(place, furthest, highest), *_limits(place, limits), *_marks(place, marks)]
    for line in drawn:
        body.append(f'<path class="line c{line.colour}" style="fill: none" d="{_path(line, place)}"/>')
    body.append(f'<text class="note" x="{WIDTH - 40}" y="{bottom + 34}" text-anchor="end">{escape(x_title)}</text>')
    body.append(f'<text class="note" x="8" y="{TOP - 12}">{escape(y_title)}</text>')
    return _document(title, body, bottom + 30, [(line.label, line.colour) for line in drawn])


def _axes(place: Place, furthest: float, highest: float) -> Iterator[str]:
    bottom = TOP + HEIGHT
    yield f'<line class="axis" x1="{LEFT}" y1="{bottom}" x2="{WIDTH - 40}" y2="{bottom}"/>'
    for value in ticks(highest):
        _, y = place(0, value)
        yield f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - 40}" y2="{y:.1f}"/>'
        yield f'<text class="note" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>'
    for value in ticks(furthest):
        x, _ = place(value, 0)
        yield f'<text class="note" x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{value:g}</text>'


def _limits(place: Place, limits: Sequence[Limit]) -> Iterator[str]:
    for limit in limits:
        _, y = place(0, limit.at)
        yield f'<line class="limit" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - 40}" y2="{y:.1f}"/>'
        yield f'<text class="limit-text" x="{LEFT + 6}" y="{y - 5:.1f}">{escape(limit.text)}</text>'


def _marks(place: Place, marks: Sequence[Limit]) -> Iterator[str]:
    for number, mark in enumerate(marks):
        x, _ = place(mark.at, 0)
        yield f'<line class="limit" x1="{x:.1f}" y1="{TOP - 4}" x2="{x:.1f}" y2="{TOP + HEIGHT}"/>'
        y = TOP + 10 + 16 * number
        yield f'<text class="limit-text" x="{x - 5:.1f}" y="{y}" text-anchor="end">{escape(mark.text)}</text>'


def _path(line: Line, place: Place) -> str:
    placed = [place(x, y) for x, y in line.points]
    if not placed:
        return ""
    parts = [f"M{placed[0][0]:.1f} {placed[0][1]:.1f}"]
    parts += [f"H{x:.1f}V{y:.1f}" if line.steps else f"L{x:.1f} {y:.1f}" for x, y in placed[1:]]
    return "".join(parts)


def ticks(highest: float) -> list[float]:
    """Return round numbers from 0 to a number: four to ten of them."""
    power = 1e-6
    while highest / (power * 10) >= 1:
        power *= 10
    step = next(power * factor for factor in (0.1, 0.2, 0.5, 1, 2) if highest / (power * factor) <= 8)
    count = int(highest / step)
    return [round(number * step, 9) for number in range(count + 1)]


def _document(title: str, body: Sequence[str], bottom: float, legend: Sequence[tuple[str, int]]) -> str:
    named = []
    x = 16.0
    for label, colour in legend:
        named.append(f'<rect class="bar c{colour}" x="{x:.1f}" y="{bottom + 14:.1f}" width="12" height="12" rx="2"/>')
        named.append(f'<text class="note" x="{x + 17:.1f}" y="{bottom + 24:.1f}">{escape(label)}</text>')
        x += 34 + 6.6 * len(label)
    height = bottom + (40 if legend else 18)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img">'
    page = f'<rect class="page" width="{WIDTH}" height="{height:.0f}" rx="6"/>'
    heading = f'<text class="title" x="16" y="26">{escape(title)}</text>'
    return "\n".join(
        [head, f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>", page, heading, *body, *named, "</svg>", ""]
    )
