"""Commands for the request journal and the object store: journal, put, head."""

import argparse
import json
from typing import Any
from urllib.parse import quote

from lab.commands.running_lab import control_of
from lab.daemon import LabError
from lab.files.copy_progress import with_progress


def show_journal(options: argparse.Namespace) -> int:
    """Print the requests that the lab processed, or delete them."""
    control = control_of(options.state)
    if options.clear:
        control.call("DELETE", "/journal")
        return 0
    for entry in control.call("GET", f"/journal?since={options.since}"):
        print(json.dumps(entry) if options.json else _line(entry))
    return 0


def _line(entry: dict[str, Any]) -> str:
    query = f"?{entry['query']}" if entry["query"] else ""
    return (
        f"{entry['seq']:6} {entry['real_time'][11:23]} {entry['service']:4} {entry['status']} "
        f"{entry['duration_ms']:8.1f} ms {entry['method']:6} {entry['path']}{query} {entry['operation']} "
        f"{entry['fault']}"
    ).rstrip()


def put_object(options: argparse.Namespace) -> int:
    """
    Store a file in the object store.

    Raises:
        LabError: There is no such file, the target is malformed, or the lab refused it.
    """
    bucket, _, key = options.target.partition("/")
    if not options.file.is_file() or not key:
        raise LabError("usage: put FILE BUCKET/KEY, where FILE is a file")
    control, path = control_of(options.state), options.file.resolve()
    body = {"path": str(path), "bucket": bucket, "key": key, "md5": options.md5}
    incoming, size = options.state / "objects" / "incoming", path.stat().st_size
    stored = with_progress(lambda: control.call("POST", "/objects", body), incoming, size)
    print(f"{bucket}:{key} {stored['size_bytes']} bytes")
    return 0


def show_object(options: argparse.Namespace) -> int:
    """Print size and ETag of an object as JSON, null if there is none."""
    print(json.dumps(control_of(options.state).call("GET", f"/objects/{quote(options.target)}")))
    return 0
