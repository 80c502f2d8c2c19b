"""The requests of a procedure, as the lab's journal of an undisturbed run has them."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_REDACTED = re.compile(r"(?:\\\*){3}[0-9a-f]{8}")
"""Name of an object that the journal does not show."""


@dataclass(frozen=True)
class Request:
    """The n-th request of one kind in a run; `pattern` is its path with a pattern in the place of each id."""

    service: str
    method: str
    pattern: str
    operation: str
    number: int

    def __str__(self) -> str:
        name = self.operation or f"{self.method} {self.pattern.strip('^$')}"
        return f"{self.service} {name} {self.number}"

    @property
    def changes(self) -> bool:
        """Return True if the request changes anything in the cloud."""
        return self.method not in ("GET", "HEAD") and self.service != "iam"

    @property
    def rule(self) -> dict[str, Any]:
        """Return the conditions of a fault of the lab that affects this request alone."""
        return {"service": self.service, "method": self.method, "path": self.pattern, "nth": self.number}


def requests(journal: Iterable[dict[str, Any]]) -> list[Request]:
    """Return the requests of a run, in their order; of reads that were repeated until a condition held, the first."""
    found: list[Request] = []
    counts: Counter[tuple[str, str, str]] = Counter()
    before = ""
    for entry in journal:
        escaped = _ID.sub("[0-9a-f-]{32,36}", re.escape(entry["path"]).replace("\\-", "-"))
        pattern = f"^{_REDACTED.sub('[^/]+', escaped)}$"
        kind = (entry["service"], entry["method"], pattern)
        counts[kind] += 1
        this = f"{entry['service']} {entry['method']} {entry['path']}?{entry['query']}"
        if this != before or entry["method"] != "GET":
            found.append(Request(*kind, entry["operation"], counts[kind]))
        before = this
    return found
