"""What a wait shows on its resource's row: when something changed, or once a minute."""

import time
from collections.abc import Callable

from huaweicloud.waiting import Progress
from providers import engine

EVERY_S = 60.0


def reporter(prefix: str = "") -> Callable[[Progress], None]:
    """A function for huaweicloud.waiting that shows progress on the row of the resource of this thread."""
    urn = engine.current_urn()
    shown: dict[str, float] = {}

    def report(progress: Progress) -> None:
        line = describe(progress)
        if time.monotonic() - shown.get(line, float("-inf")) < EVERY_S:
            return
        shown.clear()
        shown[line] = time.monotonic()
        engine.log(f"{prefix}{line}, {minutes(progress.waited_s)}", urn=urn, ephemeral=True)

    return report


def describe(progress: Progress) -> str:
    """A state and, where the cloud tells it, how much of it is done."""
    percent = f" {progress.fraction:.0%}" if progress.fraction is not None else ""
    return f"{progress.what}: {progress.state}{percent}"


def minutes(seconds: float) -> str:
    """A duration as people say it: 42 s, 3 min 05 s, 1 h 10 min."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"
