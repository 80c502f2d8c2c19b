"""Benchmark of importing the providers, beyond importing Pulumi."""

import os
import re
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from bench.benchmark_result import ROOT, BenchmarkResult, Check
from bench.measurement_options import Options
from bench.pictures import Bar, Limit, bars

NAME = "start-up"
TITLE = "importing the providers, beyond importing Pulumi"
LIMIT_S = 0.150
ROUNDS, QUICK_ROUNDS = 15, 3
SHOWN = 12
BASE = "import pulumi, pulumi.dynamic, grpc, dill"
LINE = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \|(\s+)(\S+)")


@dataclass(frozen=True)
class Import:
    """Imported module with its seconds, without and with its own imports."""

    name: str
    depth: int
    own_s: float
    total_s: float


def measure(options: Options) -> BenchmarkResult:
    """Measure fresh processes of both kinds in turn: the difference of the quickest, which nothing else has delayed."""
    rounds = QUICK_ROUNDS if options.quick else ROUNDS
    modules = provider_modules()
    program = f"{BASE}\nimport {', '.join(modules)}"
    base, all_ = [], []
    for _ in range(rounds):
        base.append(seconds_of(BASE))
        all_.append(seconds_of(program))
    more_s = min(all_) - min(base)
    return result_of(base, all_, more_s, imports_beyond(program), len(modules), options.size)


def provider_modules() -> list[str]:
    """Return the names of all modules of the providers."""
    files = sorted((ROOT / "providers").rglob("*.py"))
    return [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files if file.stem != "__init__"]


def seconds_of(program: str) -> float:
    """
    Return the CPU seconds of a fresh Python process that runs a program, its start included.

    Importing is work and no waiting, so on an idle machine this equals the time on the clock.
    """
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise ValueError(f"a Python process that imports has ended with status {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def imports_beyond(program: str) -> list[Import]:
    """Return the imports beyond Pulumi's, by Python's own clock; the modules are named as the program imports them."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    imports = parse(done.stderr.splitlines())
    base = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", BASE], cwd=ROOT, check=True, capture_output=True, text=True
    )
    known = {found.name for found in parse(base.stderr.splitlines())}
    return [found for found in imports if found.name not in known]


def parse(lines: Sequence[str]) -> list[Import]:
    """Parse the table that `python -X importtime` prints, whose times are microseconds."""
    matches = (LINE.match(line) for line in lines)
    return [Import(m[4], len(m[3]) // 2, int(m[1]) / 1e6, int(m[2]) / 1e6) for m in matches if m]


def packages(imports: Sequence[Import]) -> list[tuple[str, float]]:
    """Return the own seconds of all modules by their package, the heaviest first."""
    spent: dict[str, float] = {}
    for found in imports:
        package = found.name.partition(".")[0]
        spent[package] = spent.get(package, 0.0) + found.own_s
    return sorted(spent.items(), key=lambda pair: -pair[1])


def result_of(
    base: list[float], all_: list[float], more_s: float, imports: list[Import], modules: int, size: str
) -> BenchmarkResult:
    heaviest = sorted(imports, key=lambda found: -found.own_s)[:SHOWN]
    return BenchmarkResult(
        benchmark=NAME,
        title=TITLE,
        against=f"{LIMIT_S * 1000:.0f} ms; a fresh process that imports Pulumi and what its provider process does, "
        f"and one that imports all {modules} modules of the providers too, in turn; CPU time, the least of each",
        checks=[Check(f"time to import the providers over {LIMIT_S * 1000:.0f} ms", more_s / LIMIT_S, 1.0)],
        raw={
            "more_ms": round(more_s * 1000, 1),
            "pulumi_ms": round(min(base) * 1000, 1),
            "pulumi_and_providers_ms": round(min(all_) * 1000, 1),
            "more_by_medians_ms": round((statistics.median(all_) - statistics.median(base)) * 1000, 1),
            "rounds": len(base),
            "packages_ms": {name: round(spent * 1000, 1) for name, spent in packages(imports)[:SHOWN]},
            "modules_ms": {found.name: round(found.own_s * 1000, 1) for found in heaviest},
        },
        picture=picture(packages(imports)[:SHOWN], more_s),
        size=size,
    )


def picture(spent: Sequence[tuple[str, float]], more_s: float) -> str:
    rows = [Bar("all", [(more_s * 1000, 0)], f"{more_s * 1000:.0f} ms")]
    rows += [Bar(name, [(took * 1000, 3)], f"{took * 1000:.0f} ms") for name, took in spent]
    return bars("Importing the providers, beyond Pulumi", rows, [Limit(LIMIT_S * 1000, f"{LIMIT_S * 1000:.0f} ms")])
