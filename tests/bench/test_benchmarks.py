"""Every benchmark with little work: it has a result, whatever the result is."""

import json
from pathlib import Path

import pytest

from bench.__main__ import BENCHMARKS, FORMER_NAMES, main

pytestmark = pytest.mark.e2e

SAMPLED = ("start-up", "throttled-wait")
"""Those of the CLI and of the client; `make test-matrix` runs the others."""


@pytest.mark.parametrize(
    "benchmark",
    [pytest.param(name, marks=[] if name in SAMPLED else [pytest.mark.matrix]) for name in BENCHMARKS],
)
def test_a_benchmark_results_in_figures_and_a_picture(benchmark: str, tmp_path: Path) -> None:
    main([benchmark, "--quick", "--output", str(tmp_path)])

    (result,) = json.loads((tmp_path / "results.json").read_text())
    assert (benchmark, "quick") == (result["benchmark"], result["size"])
    assert result["ratio"] > 0
    assert result["limit"] > 0
    assert result["raw"]
    assert "<svg" in (tmp_path / result["picture"]).read_text()


def test_former_names_of_benchmarks_are_still_known() -> None:
    assert set(FORMER_NAMES.values()) <= set(BENCHMARKS)
