"""Dependencies point downwards only."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = {"huaweicloud", "preflight", "providers", "components", "doctor", "sweep", "lab", "policy", "tools"} | {
    "examples",
    "fleet",
    "tests",
    "iso",
}
# What a folder must not import: packages of ours and libraries.
FORBIDDEN = {
    "huaweicloud": OURS - {"huaweicloud"} | {"pulumi", "pulumi_policy"},
    "lab": OURS - {"lab"} | {"pulumi", "pulumi_policy"},
    "preflight": OURS - {"preflight", "huaweicloud"} | {"pulumi", "pulumi_policy", "requests"},
    "providers": OURS - {"providers", "preflight", "huaweicloud"} | {"requests"},
    "components": OURS - {"components", "providers", "preflight", "huaweicloud"} | {"requests", "urllib3", "http"},
    "policy": OURS - {"policy", "providers", "preflight", "huaweicloud", "components"} | {"requests"},
    "sweep": OURS - {"sweep", "providers", "preflight", "huaweicloud"} | {"pulumi", "requests"},
    "fleet": OURS - {"fleet", "tools", "components", "providers", "huaweicloud"} | {"pulumi", "requests"},
}
# The command that runs the checks alone reads a stack's settings and its builds' durations from above.
ALLOWED = {"preflight/report.py": {"components", "providers"}}


def imports(file: Path) -> Iterator[str]:
    """The first part of each imported module's name, wherever in the file it is imported."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_a_folder_imports_only_what_is_below_it(folder: str) -> None:
    wrong = {
        f"{file.relative_to(ROOT)} imports {name}"
        for file in (ROOT / folder).rglob("*.py")
        for name in imports(file)
        if name in FORBIDDEN[folder] - ALLOWED.get(str(file.relative_to(ROOT)), set())
    }

    assert wrong == set()


def test_one_file_sends() -> None:
    files = [file for folder in FORBIDDEN for file in (ROOT / folder).rglob("*.py")]
    files.append(ROOT / "__main__.py")

    senders = {str(file.relative_to(ROOT)) for file in files if file.is_file() and "requests" in imports(file)}

    assert senders == {"huaweicloud/transport/http.py"}


def test_the_client_needs_no_pulumi_and_loads_requests_only_to_send() -> None:
    code = "import sys, huaweicloud.cloud; print([m for m in ('pulumi', 'requests') if m in sys.modules])"

    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert shown.stdout.strip() == "[]"


def test_finding_credentials_and_endpoints_loads_nothing_heavy() -> None:
    code = (
        "import sys, huaweicloud.auth.credentials, huaweicloud.endpoints, huaweicloud.errors, huaweicloud.polling;"
        "print([m for m in ('pydantic', 'requests') if m in sys.modules])"
    )

    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert shown.stdout.strip() == "[]"
