"""
`python -m tests.e2e.crash`: all cells of the matrix, and a table of them.

First the edits of finished stacks, then `up` and `destroy` of one build without the CLI, and with the real one.
"""

import argparse
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from contextlib import closing, suppress
from functools import partial
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from queue import Empty, Queue
from typing import get_args

from tests.e2e.crash.bench import Bench
from tests.e2e.crash.build_cells import try_builds
from tests.e2e.crash.cell import Cell, Command, Interruption, Serving, cells, share
from tests.e2e.crash.cells_result import CellsResult
from tests.e2e.crash.cli_cells import Result, try_cell
from tests.e2e.crash.edit_cells import Names, edit_name, try_edit
from tests.e2e.crash.edits import EDITS
from tests.e2e.crash.procedures import ProcedureName
from tests.providers.crashing import Interruption as RequestInterruption
from tests.providers.crashing import Phase


def main() -> int:
    """Run the cells on several benches at once."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.crash")
    parser.add_argument("--benches", type=int, default=2, help="how many labs and stacks at once")
    parser.add_argument(
        "--every", type=int, default=1, help="a fixed part of the cells, with at least one for each request; 1: all"
    )
    parser.add_argument("--only", default="", help="cells whose name has this pattern")
    parser.add_argument("--part", choices=("all", *PARTS), default="all")
    parser.add_argument("--serving", choices=get_args(Serving), default="dynamic", help="how the resources are served")
    parser.add_argument(
        "--procedure",
        choices=get_args(ProcedureName),
        default="plain",
        help="further steps of the builds: upload of the ISO file, test of the image (verify), copies, export, share "
        "and channels (publish), or all (whole)",
    )
    options = parser.parse_args()
    began, count, bad = time.monotonic(), 0, 0
    for name, part in PARTS.items():
        if options.part in ("all", name):
            more, worse = part(options.benches, options.every, options.only, options.serving, options.procedure)
            count, bad = count + more, bad + worse
    print(f"\n{count} cells, {f'{bad} bad' if bad else 'all good'}, {time.monotonic() - began:.0f} s")
    return 1 if bad else 0


def run_edits(benches: int, every: int, only: str, serving: Serving, _procedure: ProcedureName) -> tuple[int, int]:
    """Run the cells of the edits of plain builds in several processes; returns the number of cells, and of bad ones."""
    chosen = [(edit, names) for edit in EDITS for names in get_args(Names) if re.search(only, edit_name(edit, names))]
    return _in_processes(benches, [partial(try_edit, edit, names, every, serving=serving) for edit, names in chosen])


def run_builds(benches: int, every: int, only: str, serving: Serving, procedure: ProcedureName) -> tuple[int, int]:
    """Run the cells of builds without the CLI; returns the number of cells, and of bad ones."""
    kinds = product(get_args(Command), get_args(Phase), get_args(RequestInterruption))
    return _in_processes(benches, [partial(try_builds, *kind, every, only, serving, procedure) for kind in kinds])


def _in_processes(benches: int, tasks: Iterable[Callable[[], CellsResult]]) -> tuple[int, int]:
    results = []
    with ProcessPoolExecutor(benches, mp_context=get_context("spawn")) as pool:
        for task in as_completed([pool.submit(task) for task in tasks]):
            results.append(task.result())
            print(results[-1], *results[-1].wrong, sep="\n", flush=True)
    return sum(result.cells for result in results), sum(len(result.wrong) for result in results)


def run_commands(benches: int, every: int, only: str, serving: Serving, procedure: ProcedureName) -> tuple[int, int]:
    """Run the cells of `up` and `destroy`; returns the number of cells, and of bad ones."""
    with tempfile.TemporaryDirectory(prefix="crash-matrix-") as folder:
        results = list(run(Path(folder), benches, every, only, partial(Bench, serving=serving, procedure=procedure)))
    print(table(results))
    bad = [result for result in results if result.faults]
    for result in bad:
        print(f"\n{result}\n{result.output}")
    return len(results), len(bad)


def run(folder: Path, benches: int, every: int, only: str, new_bench: Callable[[Path], Bench]) -> Iterator[Result]:
    """Results of the cells, as they come."""
    first = new_bench(folder / "0")
    chosen = [cell for cell in share(all_cells(first), every) if re.search(only, str(cell))]
    print(f"{len(chosen)} cells", flush=True)
    waiting: Queue[Cell] = Queue()
    for cell in chosen:
        waiting.put(cell)
    done: Queue[Result | None] = Queue()
    makers: list[Callable[[], Bench]] = [lambda: first]
    makers += [partial(new_bench, folder / str(number)) for number in range(1, benches)]
    with ThreadPoolExecutor() as pool:
        workers = [pool.submit(_work, make, waiting, done) for make in makers]
        yield from _listened(done, benches)
        for worker in workers:
            worker.result()


def _listened(done: "Queue[Result | None]", benches: int) -> Iterator[Result]:
    while benches:
        result = done.get()
        if result is None:
            benches -= 1
            continue
        how = "unmet" if not result.met else "went on" if result.survived else "ended"
        print(f"{result.seconds:5.1f} s  {how:7}  {result}", flush=True)
        yield result


def _work(make: Callable[[], Bench], waiting: "Queue[Cell]", done: "Queue[Result | None]") -> None:
    try:
        with closing(make()) as bench, suppress(Empty):
            while True:
                done.put(try_cell(bench, waiting.get_nowait()))
    finally:
        done.put(None)


def all_cells(bench: Bench) -> list[Cell]:
    """Return the cells of both commands, from an undisturbed run of each."""
    return [cell for command in get_args(Command) for cell in cells(command, bench.undisturbed_run(command))]


def table(results: Iterable[Result]) -> str:
    """For each request of each command how its cells have ended, a column for each interruption."""
    interruptions = get_args(Interruption)
    rows: dict[tuple[str, str], dict[str, Counter[str]]] = {}
    for result in results:
        row = rows.setdefault(
            (result.cell.command, str(result.cell.request)), {interruption: Counter() for interruption in interruptions}
        )
        state = "bad" if result.faults else "unmet" if not result.met else "good"
        row[result.cell.interruption][state] += 1
    lines = [f"| command | request | {' | '.join(interruptions)} |", "|---" * (len(interruptions) + 2) + "|"]
    for (command, request), row in rows.items():
        counts = (
            ", ".join(f"{count} {state}" for state, count in row[interruption].items())
            for interruption in interruptions
        )
        lines.append(f"| {command} | {request} | {' | '.join(counts)} |")
    return "\n".join(lines)


PARTS = {"edits": run_edits, "builds": run_builds, "commands": run_commands}

if __name__ == "__main__":
    sys.exit(main())
