"""Table of the clients' operations in the documentation."""

from typing import Any

from config.documentation.marked_text import between, replaced
from tests.labs import ROOT

PAGE = ROOT / "docs" / "reference" / "lab-clients.md"
START, END = "<!-- results -->\n", "<!-- end of results -->\n"
CLIENTS = {
    "openstacksdk": "openstack_sdk",
    "python-glanceclient": "glance",
    "python-novaclient": "nova",
    "python-cinderclient": "cinder",
    "otcextensions": "otc",
    "huaweicloudsdkeip": "eip_sdk",
    "s3cmd": "s3cmd_command",
    "minio": "minio_sdk",
}
"""Modules with the operations, by the names of the packages."""

Row = dict[str, Any]


def versions() -> dict[str, str]:
    """Return the versions of the clients in the file with their hashes."""
    lines = (ROOT / "requirements-clients.txt").read_text().splitlines()
    pairs = [line.split(" ")[0].split("==") for line in lines if "==" in line and not line.startswith((" ", "#"))]
    return {name: version for name, version in pairs if name in CLIENTS}


def section(client: str, version: str, rows: list[Row]) -> str:
    """Return the part of the page that describes one client."""
    lines = [
        f"### {client} {version}\n\n| operation | result | requests without an operation of the lab |\n|---|---|---|\n"
    ]
    for row in rows:
        missing = ", ".join(f"`{request}`" for request in row["missing"])
        lines.append(f"| {row['operation']} | {row['result']} | {missing} |\n")
    return "".join(lines) + "\n"


def documented(client: str) -> str:
    """Return the part of the page that describes one client, empty if there is none."""
    parts = between(PAGE.read_text(), START, END).split("### ")
    return next((f"### {part}" for part in parts if part.startswith(f"{client} ")), "")


def write(sections: list[str]) -> None:
    """Replace the results on the page."""
    PAGE.write_text(replaced(PAGE.read_text(), START, END, "\n" + "".join(sections)))
