"""
Picture of a run report for the documentation: `python -m bench.documentation.report_picture`.

A stack of four builds runs in the lab with simulated servers on the real clock. One of its installations takes too
long, so that the report shows a failed step. Chromium draws the report.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from providers.installation import diagnostic_files
from tests.e2e.project import STACK, Project, build_settings
from tests.isos import iso
from tests.labs import RunningLab
from toolchain.paths import PYTHON, ROOT
from toolchain.steps import SetupError

PICTURE = ROOT / "docs" / "report.png"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTH, HEIGHT = 1000, 1330
TIMEOUT_S = 120
DURATIONS = {"import_image": 6, "create_server": 3, "capture_image": 5, "delete_server": 2}
INSTALLS_S = 12
BUILDS = {"debian-12": {}, "rocky-9": {}, "ubuntu-24": {}, "alma-9": {"timeout_minutes": 0.1, "on_timeout": "remove"}}
PRICES = {"currency": "EUR", "flavors": {"s6.large.2": 0.09}, "volumes": {"SSD": 0.0002}, "image_gib_month": 0.03}


@contextmanager
def stack(folder: Path) -> Iterator[Project]:
    """Provide the stack of the picture in a lab."""
    with RunningLab.holding(folder, {"installer.iso": iso("INSTALLER")}, time_scale=1) as lab:
        lab.change_settings(durations=DURATIONS, guest={"install_s": INSTALLS_S}, power_off_notice_s=1)
        diagnostics = {diagnostic_files.SETTING: str(folder / "diagnostics"), "PULUMI_DEBUG_COMMANDS": "1"}
        project = Project(folder / "project", {**lab.env, **diagnostics})
        builds = [
            build_settings(lab.env, name=name, image_name=f"golden-{name}", installation=changes or None)
            for name, changes in BUILDS.items()
        ]
        project.configure(region=lab.env["HW_REGION_NAME"], servers_at_once=3, builds=builds)
        yield project


def write_report(project: Project, file: Path) -> None:
    """Run the stack, whose last build fails, and write its report."""
    events, prices = project.folder / "events.json", project.folder / "prices.json"
    prices.write_text(json.dumps(PRICES))
    outcome = project.up("--continue-on-error", "--event-log", str(events))
    if outcome.status == 0 or "has not ended within" not in outcome.output:
        raise SetupError(f"the run did not fail as it should:\n{outcome.output}")
    options = ("--stack", STACK, "--output", str(file), "--events", str(events), "--prices", str(prices))
    subprocess.run([PYTHON, "-m", "commands.report", *options], cwd=ROOT, env=project.variables, check=True)


def draw(file: Path, picture: Path, browser: str, profile: Path) -> None:
    """Draw a page with a browser."""
    options = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}")
    size = (f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={picture}")
    command = [browser, *options, *size, file.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT_S)


def main() -> int:
    """Write the picture and return the exit status."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print("report_picture: there is no Chromium; install the package chromium of Debian", file=sys.stderr)
        return 1
    with TemporaryDirectory(prefix="report-picture-") as name, stack(Path(name)) as project:
        file = Path(name) / "report.html"
        write_report(project, file)
        draw(file, PICTURE, browser, Path(name) / "profile")
    print(PICTURE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
