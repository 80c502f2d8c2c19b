"""
Requests in the sources of other clients that the lab does not offer, as a table of the documentation.

`peer_requests.json` holds method and path of each request, by resource: facts of the clients' sources at the given
commits. Terraform's provider states them beside each resource; Packer's plugin calls the SDK, whose paths these are.
"""

import json
import re
from typing import Any

from config.documentation.marked_text import between, replaced
from tests.clients.results import PAGE
from tests.labs import ROOT, RunningLab

START, END = "<!-- gaps -->\n", "<!-- end of gaps -->\n"
PEERS: dict[str, Any] = json.loads((ROOT / "tests" / "clients" / "peer_requests.json").read_text())
PARAMETER = re.compile(r"{[^}]*}")
SERVICES = ("iam", "ims", "ecs", "evs", "vpc")


def offered(lab: RunningLab) -> set[str]:
    """Return service, method and path of every operation of the lab."""
    found = set()
    for service in SERVICES:
        paths: dict[str, Any] = lab.call("GET", f"/openapi/{service}.json")["paths"]
        found |= {
            f"{service} {method.upper()} {re.sub(r'{[^}]*}', '{}', path)}"
            for path, rows in paths.items()
            for method in rows
        }
    return found


def table(known: set[str]) -> str:
    """Return the tables of all clients: for each resource the requests that the lab does not offer."""
    return "".join(_of_peer(name, peer, known) for name, peer in PEERS.items())


def _of_peer(name: str, peer: dict[str, Any], known: set[str]) -> str:
    rows, complete = [], []
    for resource, requests in peer["requests"].items():
        missing = [_shown(request) for request in requests if request not in known]
        if missing:
            rows.append(
                f"| `{resource}` | {len(requests) - len(missing)} of {len(requests)} | {', '.join(missing)} |\n"
            )
        else:
            complete.append(f"`{resource}`")
    text = f"### {name} ({peer['commit']})\n\nAll requests are offered for: {', '.join(complete) or 'none'}.\n\n"
    text += "| resource | offered | not offered |\n|---|---|---|\n" + "".join(rows) + "\n"
    if peer["others"]:
        text += (
            f"No request is offered for {peer['others']} other resources and data sources of images, servers, disks, "
        )
        text += "networks and elastic IPs.\n\n"
    return text


def _shown(request: str) -> str:
    return f"`{request.replace('{}', '{id}')}`"


def documented() -> str:
    """Return the tables on the page."""
    return between(PAGE.read_text(), START, END).removeprefix("\n")


def write(text: str) -> None:
    """Replace the tables on the page."""
    PAGE.write_text(replaced(PAGE.read_text(), START, END, f"\n{text}"))
