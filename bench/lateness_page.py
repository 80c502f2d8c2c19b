"""
Tables of docs/explanation/polling.md: the policy computed with a simulated clock, and the last measurement.

`python -m bench.lateness_page` writes both. The measured table needs a full result of the benchmark `lateness`.
"""

import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench import benchmark_result
from bench.benchmark_result import ROOT
from bench.job_lateness import EVERY_S, FIXED_10, FIXED_60, KNOWN, UNKNOWN, spread
from config.documentation.marked_text import replaced
from tests.huaweicloud.waits.simulated_wait import PHASES, at_all_phases

PAGE = ROOT / "docs" / "explanation" / "polling.md"
COMPUTED = ("<!-- computed: python -m bench.lateness_page -->", "<!-- end of computed -->")
MEASURED = ("<!-- measured: python -m bench lateness -->", "<!-- end of measured -->")
LENGTHS_S: Sequence[float] = (5, 10, 30, 33, 61, 120, 300, 305, 600, 1200, 3600, 10800)
WAYS = (UNKNOWN, KNOWN, FIXED_10, FIXED_60)
JOBS = 21
Cell = tuple[float, float, float]
"""Mean and worst lateness (seconds), and number of polls."""


def computed() -> str:
    """Return the table of the policy itself, without the time that requests take."""
    rows: dict[tuple[float, str], Cell] = {}
    for length_s in LENGTHS_S:
        own = spread(length_s, JOBS)
        for way, expected_s in ((UNKNOWN, None), (KNOWN, float(length_s))):
            waits = [wait for each in own for wait in at_all_phases(each, expected_s=expected_s, phases=PHASES[::5])]
            rows[length_s, way] = _cell([wait.late_s for wait in waits], [wait.polls for wait in waits])
        for way, delay_s in ((FIXED_10, 10.0), (FIXED_60, 60.0)):
            fixed = [fixed_polling(each, delay_s) for each in own]
            rows[length_s, way] = _cell([late_s for late_s, _ in fixed], [polls for _, polls in fixed])
    return table(rows)


def fixed_polling(duration_s: float, delay_s: float) -> tuple[float, int]:
    """Return the seconds from the end of a wait until fixed polling notices it, and its number of polls."""
    now_s, polls = delay_s, 1
    while now_s < duration_s:
        now_s, polls = now_s + EVERY_S, polls + 1
    return now_s - duration_s, polls


def measured(results: Iterable[Mapping[str, Any]]) -> str | None:
    """Return the table of the last measurement, with its machine; None if there is no full one."""
    for result in results:
        if result["benchmark"] == "lateness" and result.get("size") == "full":
            rows = {
                (row["length_lab_s"], row["way"]): (row["mean_lab_s"], row["worst_lab_s"], row["polls"])
                for row in result["raw"]["rows"]
            }
            machine = result["machine"]
            day = str(result["measured"])[:10]
            load = f"{machine['cores']} cores, load {machine['load_before']} before the measurement"
            return f"Measured on {day} with {load}:\n\n{table(rows)}"
    return None


def table(rows: Mapping[tuple[float, str], Cell]) -> str:
    """Return rows by length, with a column for each way to poll."""
    lines = ["| length | nothing known | duration known | every 10 s after 10 s | every 10 s after 60 s |"]
    lines.append("|---|---|---|---|---|")
    for length_s in dict.fromkeys(length_s for length_s, _ in rows):
        cells = [_text(*rows[length_s, way]) for way in WAYS]
        lines.append(f"| {length_s:g} s | {' | '.join(cells)} |")
    return "\n".join(lines)


def page(text: str, results: Iterable[Mapping[str, Any]]) -> str:
    """Return the page with both tables; without a measurement its table stays."""
    text = replaced(text, *COMPUTED, f"\n{computed()}\n")
    last = measured(results)
    return text if last is None else replaced(text, *MEASURED, f"\n{last}\n")


def write(results: Iterable[Mapping[str, Any]]) -> None:
    """Write both tables between the page's marks."""
    PAGE.write_text(page(PAGE.read_text(), results))


def _cell(late_s: Sequence[float], polls: Sequence[int]) -> Cell:
    return statistics.mean(late_s), max(late_s), statistics.mean(polls)


def _text(mean_s: float, worst_s: float, polls: float) -> str:
    return f"{mean_s:.1f} s, {worst_s:.1f} s, {polls:.0f}"


if __name__ == "__main__":
    write(benchmark_result.read(ROOT / "bench"))
    sys.exit(0)
