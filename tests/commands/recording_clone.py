"""A clone of the project whose lab and installer only record their calls."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tests import warm

LAB = """\
import hashlib, json, subprocess, sys
from pathlib import Path

with open("calls.txt", "a") as calls:
    calls.write("lab " + " ".join(sys.argv[1:]) + "\\n")
running = Path("running")
command = sys.argv[1]
if command == "start":
    if running.exists():
        sys.exit("a lab is already running")
    if Path("broken").exists():
        sys.exit("error: the disk is full")
    if Path("ports-are-taken").exists() and "--port" not in sys.argv:
        sys.exit("address already in use")
    running.touch()
    linger = "import pathlib, time\\nwhile pathlib.Path('running').exists(): time.sleep(0.1)\\ntime.sleep(1)"
    daemon = subprocess.Popen([sys.executable, "-c", linger, str(Path(".state/lab").absolute())], stdout=-3, stderr=-3)
    Path("pid").write_text(str(daemon.pid))
elif command == "stop":
    running.unlink(missing_ok=True)
elif command == "env":
    if not running.exists():
        sys.exit("the lab does not run")
    print("export HW_REGION_NAME='lab-1'\\nexport HW_OBS_ENDPOINT='http://127.0.0.1:9'")
elif command == "head":
    stored = Path("uploaded").read_bytes() if Path("uploaded").exists() else None
    print(json.dumps(stored and {"size_bytes": len(stored), "etag": hashlib.md5(stored).hexdigest()}))
elif command == "put":
    Path("uploaded").write_bytes(Path(sys.argv[-2]).read_bytes())
"""
ISO = """\
import sys

with open("calls.txt", "a") as calls:
    calls.write("iso " + " ".join(sys.argv[1:]) + "\\n")
open(sys.argv[sys.argv.index("--output") + 1], "w").write("the installer")
"""
PROGRAM = """\
import os, pulumi

pulumi.export("region", os.environ.get("HW_REGION_NAME", "none"))
"""
PROGRAM_WITH_A_BUILD = """\
import os, pulumi

if os.environ.get("HW_FAILS"):
    raise RuntimeError("as requested")
build = {"image_name": "golden", "duration_s": {"installation": 5.2}, "requests": {"installation": 7}}
pulumi.export("builds", {"debian": build})
"""
PROGRAM_THAT_GOES_ON = """\
import pathlib, time

pathlib.Path("goes on").touch()
time.sleep(120)
"""

BEING_WRITTEN = shutil.ignore_patterns("*.pyc.*")
"""Files that a clone's folders are copied without; compiled modules are copied, and not compiled for each clone."""
SETTINGS_OF_MAKE = ("ARGS", "DO", "DRIVER", "FLEET", "ISO", "STACK")
"""Variables that `make test ARGS=…` passes on to the tests."""


@dataclass(frozen=True)
class Clone:
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        kept = [name for name in os.environ if name not in SETTINGS_OF_MAKE]
        inherited = {name: os.environ[name] for name in kept if not name.startswith(("MAKE", "PULUMI_", "HW_"))}
        return {**inherited, **warm.SELDOM_FREE_MEMORY}

    def start(self, *arguments: str, output: TextIO) -> subprocess.Popen[str]:
        """Start a target in a process group of its own."""
        return subprocess.Popen(
            ["make", "--no-print-directory", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def make(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", "--no-print-directory", *arguments],
            cwd=self.folder,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            timeout=300,
        )

    def calls(self) -> list[str]:
        """Return the calls of the lab and the installer since the last time, without queries."""
        file = self.folder / "calls.txt"
        calls = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return [call for call in calls if call.split()[1] not in ("env", "head")]

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
