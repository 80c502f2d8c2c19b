"""Table of docs/explanation/performance.md, generated from the results."""

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from bench import benchmark_result
from bench.benchmark_result import ROOT
from config.documentation.marked_text import replaced

PAGE = ROOT / "docs" / "explanation" / "performance.md"
BEGIN, END = "<!-- results: written by `make bench` -->", "<!-- end of results -->"


def write(results: Iterable[Mapping[str, Any]]) -> None:
    """Write the results between the page's marks."""
    PAGE.write_text(replaced(PAGE.read_text(), BEGIN, END, f"\n{table(results)}\n"))


def table(results: Iterable[Mapping[str, Any]]) -> str:
    """Return a table with a row for every check of every benchmark."""
    rows = ["| benchmark | measured | ratio | limit | |", "|---|---|---|---|---|"]
    for result in results:
        if "failed" in result:
            rows.append(f"| {result['benchmark']} | failed: {result['failed']} | | | **over** |")
            continue
        name = f"[{result['benchmark']}](../../bench/{result['picture']})"
        for check in result["checks"]:
            held = "within" if check["within"] else "**over**"
            rows.append(f"| {name} | {check['figure']} | {check['ratio']:.3f} | {check['limit']:g} | {held} |")
            name = ""
    return "\n".join(rows)


if __name__ == "__main__":
    write(benchmark_result.read(ROOT / "bench"))
    sys.exit(0)
