"""
Endurance of the providers' process over many builds: its memory, and the growth of a stack's state per build.

`python -m bench.endurance`; the lab's work takes no time. Each build is added, changed and removed through the engine's
protocol without the CLI, which starts a new process for every command. The size of the state is the CLI's.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from tests.e2e.crash.bench import Bench
from tests.e2e.project import build_settings
from tests.providers.crashing import SHORTENED, new_process
from tests.providers.stack import Stack

GROWS_AT_MOST = 1.1
WARM_UP = 0.1
"""Share of the builds after which the memory is compared with that at the end."""
MIB = 2**20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it and print the figures as JSON; return 1 if the memory has grown too much."""
    parser = argparse.ArgumentParser(prog="python -m bench.endurance", description=__doc__)
    parser.add_argument("--builds", type=int, default=500, help="builds in a row (default 500)")
    parser.add_argument("--in-stack", type=int, default=20, help="builds of the stack whose state is measured")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="endurance-") as folder:
        bench = Bench(Path(folder))
        try:
            figures = {**state_size(bench, options.in_stack), **memory(bench, options.builds)}
        finally:
            bench.close()
    print(json.dumps(figures, indent=2))
    return 0 if figures["growth"] <= GROWS_AT_MOST else 1


def memory(bench: Bench, builds: int) -> dict[str, Any]:
    """
    Return the resident memory of this process, which runs the providers, after a tenth of the builds and at the end.
    """
    os.environ.update(bench.lab.env)
    for module, name, value in SHORTENED:
        setattr(module, name, value)
    new_process()
    samples: list[int] = []
    began = time.monotonic()
    for number in range(builds):
        one_life(bench, number)
        samples.append(psutil.Process().memory_info().rss)
    warm = samples[int(builds * WARM_UP)]
    return {
        "builds": builds,
        "seconds": round(time.monotonic() - began),
        "memory_mib": [round(samples[at] / MIB, 1) for at in range(0, builds, max(builds // 10, 1))],
        "growth": round(samples[-1] / warm, 3),
        "left": bench.cloud.everything(),
    }


def one_life(bench: Bench, number: int) -> None:
    """Add a build, change it in place, and remove it."""
    stack = Stack(bench.lab.env, {"name": f"b{number}", "image_name": f"golden-{number}"}).up()
    stack.settings["tags"] = {"number": str(number)}
    stack.repaired()
    stack.destroy()
    bench.lab.clear_journal()


def state_size(bench: Bench, builds: int) -> dict[str, Any]:
    """Return the bytes that a build adds to the state of a stack."""
    sizes = []
    for count in (1, builds):
        settings = [build_settings(bench.lab.env, name=f"b{n}", image_name=f"golden-{n}") for n in range(count)]
        bench.project.configure(**bench.settings, builds=settings)
        outcome = bench.project.up("--parallel", "32")
        assert outcome.status == 0, outcome
        (file,) = (bench.project.folder / "state" / ".pulumi" / "stacks").rglob("test.json")
        sizes.append(file.stat().st_size)
    bench.clean()
    return {"state_bytes_of_one": sizes[0], "state_bytes_per_build": round((sizes[1] - sizes[0]) / (builds - 1))}


if __name__ == "__main__":
    sys.exit(main())
