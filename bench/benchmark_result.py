"""What a question is answered with, and the file that keeps the answers."""

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
    """One figure and what it is held to.

    Attributes:
        what: the figure in words.
        ratio: measured over what it is measured against.
        limit: the most that it may be.
    """

    what: str
    ratio: float
    limit: float

    @property
    def within(self) -> bool:
        return self.ratio <= self.limit

    def as_json(self) -> dict[str, Any]:
        return {"what": self.what, "ratio": round(self.ratio, 4), "limit": self.limit, "within": self.within}


@dataclass(frozen=True)
class Answer:
    """What a question found out.

    Attributes:
        question: its name, as on the command line.
        title: what is asked.
        against: what is measured against what.
        checks: the figures that are held to a limit; the one that comes closest to its limit stands for the question.
        raw: all figures, with their units in their names.
        picture: an SVG document.
        time_scale: lab seconds in a real second.
        size: full, or quick for a run that only shows that it works.
    """

    question: str
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
        """The object of the results' file."""
        return {
            "question": self.question,
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
            "picture": f"pictures/{self.question}.svg",
            "raw": self.raw,
        }


@dataclass(frozen=True)
class Machine:
    """What it was measured on."""

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
    """The commit that is measured, marked where the work tree differs from it."""
    return _output(["git", "describe", "--always", "--dirty", "--abbrev=10", "--exclude=*"]) or "unknown"


def _output(command: list[str]) -> str:
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def keep(answer: Answer, folder: Path) -> None:
    """Write an answer and its picture at once; the answers of other questions stay."""
    pictures = folder / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    (pictures / f"{answer.question}.svg").write_text(answer.picture)
    _put(answer.as_json(), folder)


def keep_failure(question: str, error: Exception, folder: Path) -> None:
    """Write that a question could not be answered, and why; an earlier answer must not stand for it."""
    (folder / "pictures" / f"{question}.svg").unlink(missing_ok=True)
    lines = str(error).strip().splitlines() or [type(error).__name__]
    failed: dict[str, Any] = {
        "question": question,
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
    others = [known for known in read(folder) if known["question"] != result["question"]]
    kept = sorted([*others, result], key=lambda known: str(known["question"]))
    draft = folder / f"{RESULTS}.new"
    draft.write_text(json.dumps(kept, indent=2) + "\n")
    draft.replace(folder / RESULTS)


def read(folder: Path) -> list[dict[str, Any]]:
    """The answers that are kept in a folder."""
    file = folder / RESULTS
    answers: list[dict[str, Any]] = json.loads(file.read_text()) if file.exists() else []
    return answers
