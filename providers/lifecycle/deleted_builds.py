"""The builds of which this process has deleted what the state knew of: nothing else of them can be in the making.

A command that was killed may have asked for something that the state never heard of and that lists do not show yet.
Who reaps a build has to wait for it, unless the state had the whole build: then it was deleted a moment ago, in this
process, and by resources that the engine deletes first.
"""

import threading

_lock = threading.Lock()
_builds: set[str] = set()


def add(build_id: str) -> None:
    """The state had the last thing that is made for this build, and so everything before it."""
    with _lock:
        _builds.add(build_id)


def has(build_id: str) -> bool:
    """Whether the state had the whole build."""
    with _lock:
        return build_id in _builds
