"""
Durations and requests of a stack's builds as a table, which `make up` ends with.

The command reads only the outputs of the stack, and no secret ones; of another program's stack, its exported state.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commands.environment import LAB_STACK, pulumi_environment
from commands.pulumi_command import ask
from commands.state import exported_stack, recorded_builds
from commands.state.exported_stack import NoState
from config.wording import duration
from huaweicloud.printable import printable, printable_line
from preflight import terminal_table
from toolchain.steps import INTERRUPTED, SetupError

STEPS = {
    "upload": "upload",
    "iso_image": "ISO image",
    "temporary_server": "server",
    "installation": "installation",
    "captured_image": "capture",
    "teardown": "teardown",
    "verification": "test",
}
OPTIONAL = ("upload", "verification")
"""Steps that only builds with `iso` or `verify` have."""
SHARED = ("upload", "iso_image")
"""Steps that several builds of the same ISO file share."""
UNKNOWN = "-"


@dataclass(frozen=True)
class Build:
    """
    Durations and requests of a build.

    Attributes:
        name: Name of the build.
        image_name: Name of its image.
        image_id: Id of its image.
        iso_image_id: Id of its ISO image.
        duration_s: Seconds of each step, as far as they are known.
        requests: Number of requests of each step; empty if an earlier version has built it.
        queued_s: Seconds in which its steps waited for quota.
    """

    name: str
    image_name: str
    image_id: str
    iso_image_id: str
    duration_s: dict[str, float]
    requests: dict[str, int]
    queued_s: float

    @classmethod
    def of(cls, name: str, output: Any) -> "Build":
        """Return a build from the stack's output `builds`; missing values stay unknown."""
        values = output if isinstance(output, dict) else {}
        queued_s = _numbers({"queued_s": values.get("queued_s")}).get("queued_s", 0.0)
        return cls(
            name,
            image_name=str(values.get("image_name") or UNKNOWN),
            image_id=str(values.get("image_id") or UNKNOWN),
            iso_image_id=str(values.get("iso_image_id") or UNKNOWN),
            duration_s=_numbers(values.get("duration_s")),
            requests={step: int(number) for step, number in _numbers(values.get("requests")).items()},
            queued_s=queued_s,
        )

    @property
    def total_s(self) -> float:
        """Return the seconds of all steps, including the time in queues."""
        return sum(self.duration_s.values()) + self.queued_s

    def plain(self) -> dict[str, Any]:
        """Return the values for JSON."""
        figures = {"duration_s": self.duration_s, "queued_s": self.queued_s, "total_s": round(self.total_s, 1)}
        names = {"build": self.name, "image_name": self.image_name, "image_id": self.image_id}
        return {**names, **figures, "requests": self.requests, "total_requests": sum(self.requests.values())}


def _numbers(found: Any) -> dict[str, float]:
    items = found.items() if isinstance(found, dict) else ()
    return {key: value for key, value in items if isinstance(value, int | float) and not isinstance(value, bool)}


def builds_of(outputs: Any) -> list[Build]:
    """Return the builds in a stack's outputs, sorted by name."""
    found = outputs.get("builds") if isinstance(outputs, dict) else None
    return [Build.of(name, output) for name, output in sorted(found.items())] if isinstance(found, dict) else []


def steps_of(builds: Iterable[Build]) -> dict[str, str]:
    """Return the titles of the steps that builds have, by key, in the order of the procedure."""
    present = {step for build in builds for step in (*build.duration_s, *build.requests)}
    return {step: title for step, title in STEPS.items() if step not in OPTIONAL or step in present}


def together(builds: Iterable[Build]) -> tuple[dict[str, float], dict[str, int], float]:
    """Return seconds and requests per step of all builds, and seconds in queues. A shared import counts once."""
    seconds: dict[str, float] = {}
    requests: dict[str, int] = {}
    queued_s, imported = 0.0, set()
    builds = list(builds)
    steps = steps_of(builds)
    for build in builds:
        is_shared = build.iso_image_id in imported
        imported |= {build.iso_image_id} - {UNKNOWN}
        queued_s += build.queued_s
        for step in steps:
            if not (is_shared and step in SHARED):
                seconds[step] = seconds.get(step, 0.0) + build.duration_s.get(step, 0.0)
                requests[step] = requests.get(step, 0) + build.requests.get(step, 0)
    return seconds, requests, queued_s


def table(builds: Sequence[Build]) -> str:
    """Return a table with a line for each build and one for all builds together."""
    has_queue = any(build.queued_s for build in builds)
    steps = steps_of(builds)
    rows = [
        _row(steps, build.name, build.image_name, build.duration_s, build.queued_s, build.requests) for build in builds
    ]
    if len(builds) > 1:
        seconds, requests, queued_s = together(builds)
        rows.append(_row(steps, "together", "", seconds, queued_s, requests))
    head = ["build", "image", *steps.values(), "queue", "total", "requests"]
    titles, *lines = [
        [cell for cell, title in zip(row, head, strict=True) if title != "queue" or has_queue] for row in [head, *rows]
    ]
    return terminal_table.render(titles, lines, right=range(2, len(titles)))


def _row(
    steps: Iterable[str],
    name: str,
    image: str,
    seconds: dict[str, float],
    queued_s: float,
    requests: dict[str, int],
) -> list[str]:
    cells = [duration(seconds[step]) if step in seconds else UNKNOWN for step in steps]
    total = duration(sum(seconds.values()) + queued_s) if seconds else UNKNOWN
    return [
        printable_line(name),
        printable_line(image),
        *cells,
        duration(queued_s),
        total,
        str(sum(requests.values()) or UNKNOWN),
    ]


def as_json(builds: Sequence[Build]) -> str:
    """Return the builds and their sums as JSON."""
    seconds, requests, queued_s = together(builds)
    total = {"duration_s": {step: round(s, 1) for step, s in seconds.items()}, "queued_s": round(queued_s, 1)}
    return json.dumps(
        {"builds": [build.plain() for build in builds], "together": {**total, "requests": requests}}, indent=2
    )


def outputs_of(stack: str) -> Any:
    """Return the outputs of a stack without the values of secret ones."""
    answer = ask(pulumi_environment(stack, os.environ), "stack", "output", "--json", "--stack", stack)
    if answer.returncode:
        raise SetupError(f"cannot read the outputs of the stack {stack}: {answer.stderr.strip()}")
    return parse(answer.stdout)


def parse(text: str) -> Any:
    """Return the outputs that `pulumi stack output --json` has printed."""
    try:
        return json.loads(text)
    except ValueError:
        raise SetupError("the input is not the output of `pulumi stack output --json`") from None


def main() -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m commands.summary", allow_abbrev=False, description=__doc__)
    parser.add_argument("--stack", default=os.environ.get("STACK") or LAB_STACK, help="the stack (default: STACK, lab)")
    parser.add_argument(
        "--outputs", metavar="FILE", help="output of `pulumi stack output --json`; - for standard input"
    )
    parser.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="output of `pulumi stack export` of any program with builds; - for standard input",
    )
    parser.add_argument(
        "--json", action="store_true", help="print JSON, with the ids of images and the requests of each step"
    )
    options = parser.parse_args()
    try:
        builds = builds_of(_outputs(options))
    except (SetupError, NoState) as error:
        print(printable(f"summary: {error}"), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    if options.json:
        print(as_json(builds))
    elif builds:
        print(table(builds))
    return 0


def _outputs(options: argparse.Namespace) -> Any:
    if options.state is not None:
        return recorded_builds.outputs_of(exported_stack.read(options.state))
    return outputs_of(options.stack) if options.outputs is None else parse(_read(options.outputs))


def _read(name: str) -> str:
    try:
        with open(0 if name == "-" else name, closefd=name != "-") as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise SetupError(f"cannot read {name}: {error}") from None


if __name__ == "__main__":
    sys.exit(main())
