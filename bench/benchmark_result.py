"""Results of benchmarks, and the file that keeps them."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = "results.json"


@dataclass(frozen=True)
class Check:
    """
    Figure with the limit that it is held to.

    Attributes:
        figure: Figure in words.
        ratio: Measured value over the value that it is compared with.
        limit: Highest allowed ratio.
    """

    figure: str
    ratio: float
    limit: float

    @property
    def within(self) -> bool:
        return self.ratio <= self.limit

    def as_json(self) -> dict[str, Any]:
        return {"figure": self.figure, "ratio": round(self.ratio, 4), "limit": self.limit, "within": self.within}


@dataclass(frozen=True)
class BenchmarkResult:
    """
    Result of a benchmark.

    Attributes:
        benchmark: Name, as on the command line.
        title: Subject of the benchmark.
        against: Comparison: the measured value and the one that it is compared with.
        checks: Figures that are held to a limit; the one closest to its limit represents the benchmark.
        raw: All figures, with their units in their names.
        picture: SVG document.
        time_scale: Lab seconds in a real second.
        size: Size full, or quick for a run that only shows that it works.
    """

    benchmark: str
    title: str
    against: str
    checks: Sequence[Check]
    raw: dict[str, Any]
    picture: str = field(repr=False)
    time_scale: float = 1.0
    size: str = "full"

    @property
    def within(self) -> bool:
        return all(check.within for check in self.checks)

    @property
    def decisive(self) -> Check:
        return max(self.checks, key=lambda check: check.ratio / check.limit)

    def as_json(self) -> dict[str, Any]:
        """Return the object for the results' file."""
        return {
            "benchmark": self.benchmark,
            "title": self.title,
            **self.decisive.as_json(),
            "within": self.within,
            "against": self.against,
            "checks": [check.as_json() for check in self.checks],
            "time_scale": self.time_scale,
            "size": self.size,
            "measured": _now(),
            "commit": commit(),
            "machine": asdict(Machine.this()),
            "picture": f"pictures/{self.benchmark}.svg",
            "raw": self.raw,
        }


@dataclass(frozen=True)
class Machine:
    """Machine that a benchmark ran on."""

    cores: int
    load_before: float
    python: str
    pulumi_sdk: str
    pulumi_cli: str

    @classmethod
    def this(cls) -> "Machine":
        return cls(
            cores=len(os.sched_getaffinity(0)),
            load_before=_LOAD_AT_START,
            python=platform.python_version(),
            pulumi_sdk=metadata.version("pulumi"),
            pulumi_cli=_output([str(ROOT / ".state" / "bin" / "pulumi"), "version"]),
        )


_LOAD_AT_START = round(os.getloadavg()[0], 1)


def commit() -> str:
    """Return the measured commit, marked if the work tree differs from it."""
    return _output(["git", "describe", "--always", "--dirty", "--abbrev=10", "--exclude=*"]) or "unknown"


def _output(command: list[str]) -> str:
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def write(result: BenchmarkResult, folder: Path) -> None:
    """Write a result and its picture at once; the results of other benchmarks stay."""
    pictures = folder / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    (pictures / f"{result.benchmark}.svg").write_text(result.picture)
    _put(result.as_json(), folder)


def write_failure(benchmark: str, error: Exception, folder: Path) -> None:
    """Write that a benchmark failed, and why; an earlier result must not stand for it."""
    (folder / "pictures" / f"{benchmark}.svg").unlink(missing_ok=True)
    lines = str(error).strip().splitlines() or [type(error).__name__]
    failed: dict[str, Any] = {
        "benchmark": benchmark,
        "ratio": None,
        "limit": None,
        "within": False,
        "failed": lines[0],
        "checks": [],
    }
    _put({**failed, "measured": _now(), "commit": commit(), "machine": asdict(Machine.this())}, folder)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _put(result: dict[str, Any], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    others = [known for known in read(folder) if known["benchmark"] != result["benchmark"]]
    kept = sorted([*others, result], key=lambda known: str(known["benchmark"]))
    draft = folder / f"{RESULTS}.new"
    draft.write_text(json.dumps(kept, indent=2) + "\n")
    draft.replace(folder / RESULTS)


def read(folder: Path) -> list[dict[str, Any]]:
    """Return the results that are kept in a folder."""
    file = folder / RESULTS
    results: list[dict[str, Any]] = json.loads(file.read_text()) if file.exists() else []
    return results
