"""
Report of a real stack: a failed run, a run that continues it, one without changes, and a report during a run.

The tests share one stack and run in their order.
"""

import json
import shutil
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPMessage
from pathlib import Path
from typing import IO, Any

import pytest

from providers.installation import diagnostic_files
from tests import warm
from tests.commands.recording_clone import BEING_WRITTEN
from tests.commands.report.parsed_page import Element, parse
from tests.e2e.cloud import CloudView
from tests.e2e.crash.bench import quick_lab
from tests.e2e.project import COMMAND_TIMEOUT_S, ROOT, STACK, Project, build_settings
from tests.labs import RunningLab, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("report")]

SIGN_IN = {"user_name": "HW_USER_NAME", "password": "HW_USER_PASSWORD", "domain_name": "HW_DOMAIN_NAME"}
USER_DATA = "#cloud-config\npassword: 'a-first-password'\nbooting from a secret line of the user data\n"
PRICES = {"currency": "EUR", "flavors": {"s6.large.2": 36}, "volumes": {"SSD": 0}}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    running = quick_lab(tmp_path_factory.mktemp("lab"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def project(lab: RunningLab, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a stack with secrets in its configuration, in a folder with the commands."""
    left_out = {*SIGN_IN.values(), "HW_ACCESS_KEY", "HW_SECRET_KEY"}
    folder = tmp_path_factory.mktemp("report") / "project"
    of_folders = {diagnostic_files.SETTING: str(folder / "diagnostics"), "PULUMI_DEBUG_COMMANDS": "1"}
    made = Project(folder, {key: value for key, value in lab.env.items() if key not in left_out} | of_folders)
    for name in ("commands", "toolchain"):
        shutil.copytree(ROOT / name, made.program / name, ignore=BEING_WRITTEN)
    (made.program / ".state").mkdir()
    (made.program / ".state" / "bin").symlink_to(ROOT / ".state" / "bin")
    return made


def configure(project: Project, lab: RunningLab, **changes: Any) -> None:
    sign_in = {key: lab.env[name] for key, name in SIGN_IN.items()}
    build = build_settings(lab.env, user_data=USER_DATA, **changes)
    project.configure(region=lab.env["HW_REGION_NAME"], prices=PRICES, builds=[build], **sign_in)


def start(project: Project, module: str, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [warm.python(), "-m", f"commands.{module}", "--stack", STACK, *options],
        cwd=project.program,
        env=project.variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def report(project: Project, *options: str) -> Element:
    """Write the report and return the page, which contains no secret."""
    command = start(project, "report", *options)
    printed, said = command.communicate(timeout=COMMAND_TIMEOUT_S)
    file = project.program / ".state" / f"report-{STACK}.html"
    assert (0, f"{file}\n", "") == (command.returncode, printed, said)
    require_no_secret(project, file.read_text())
    return parse(file.read_text())


def require_no_secret(project: Project, text: str) -> None:
    settings = (project.program / f"Pulumi.{STACK}.yaml").read_text()
    for secret in ("a-first-password", "cloud-config", "secret line", "token=", project.variables["HW_LAB_TOKEN"]):
        assert secret not in text
    (line,) = [line for line in settings.splitlines() if "image-from-iso:password:" in line]
    assert line.split()[-1].strip("'\"") not in text


def require_figures_of_summary(project: Project, page: Element) -> None:
    printed, _ = start(project, "summary", "--json").communicate(timeout=COMMAND_TIMEOUT_S)
    summary = json.loads(printed)
    rows = page.one("section", data_section="builds").all("tr")[1:]
    assert [] == page.all("section", data_section="others")
    assert [build["build"] for build in summary["builds"]] == [row.attributes["data-build"] for row in rows]
    for build, row in zip(summary["builds"], rows, strict=True):
        values = row.values()
        assert (build["total_s"], build["total_requests"]) == (values.pop("total"), values.pop("requests"))
        assert (build["duration_s"], build["requests"]) == (values, row.requests())
        assert build["image_id"] in page.one("section", data_section="outputs").text


def runs(page: Element) -> list[list[str]]:
    """Return kind, result and changes of each run, latest first."""
    return [[cell.text for cell in row.children[1:4]] for row in page.one("section", data_section="runs").all("tr")[1:]]


def test_a_stack_without_a_run_has_an_explanation(project: Project, lab: RunningLab) -> None:
    configure(project, lab)

    assert "Without builds" in report(project).one("p", data_status="without builds").text


def test_a_failed_run_has_its_message_and_the_console_of_its_server(project: Project, lab: RunningLab) -> None:
    lab.change_settings(guest={"powers_off": False, "install_s": 10**6})
    configure(project, lab, installation={"timeout_minutes": 0.02, "on_timeout": "remove"})
    events = project.folder / "events.json"

    failed = project.up("--event-log", str(events))
    page = report(project, "--events", str(events))

    assert failed.status != 0, failed
    failures = page.one("section", data_section="failures")
    assert "debian: installation has not ended" in failures.text
    assert "has not ended within 0.02 minutes" in failures.all("pre")[0].text
    assert "booting from" in failures.one("details", data_evidence="debian").one("pre").text
    assert [["update", "failed"]] == [run[:2] for run in runs(page)]
    assert [] == page.all("section", data_section="builds")
    assert ["debian"] == [
        row.attributes["data-build"] for row in page.one("section", data_section="others").all("tr")[1:]
    ]


def test_the_run_that_continues_has_the_figures_of_the_summary(project: Project, lab: RunningLab) -> None:
    lab.change_settings(guest={"powers_off": True, "install_s": 1})
    configure(project, lab)

    assert project.up("--refresh").status == 0
    page = report(project)

    require_figures_of_summary(project, page)
    assert [["update", "succeeded"], ["update", "failed"]] == [run[:2] for run in runs(page)]
    assert "Earlier failures" in page.one("section", data_section="failures").text
    path = [[cell.text for cell in row.children[:2]] for row in page.one("section", data_section="path").all("tr")]
    steps = ["ISO image", "server", "installation", "capture", "teardown"]
    assert steps == [step for build, step in path if build == "debian"]
    (row,) = page.one("section", data_section="costs").one("tbody").children[:-1]
    (rented,) = [float(cell.attributes["data-value"]) for cell in row.children if cell.text.endswith(" s")]
    assert row.values()["cost"] == pytest.approx(rented / 100)


def test_a_run_without_changes_changes_no_figure(project: Project) -> None:
    assert project.up("--expect-no-changes").status == 0
    page = report(project)

    require_figures_of_summary(project, page)
    latest, *_ = page.one("section", data_section="runs").all("tr", data_run="update")
    assert ["update", "succeeded", "no changes"] == runs(page)[0]
    assert 0 == latest.values()["in-steps"]


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Handler that leaves a redirect to the test."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def location_of(url: str, **headers: str) -> tuple[int, str]:
    opener = urllib.request.build_opener(NoRedirect, urllib.request.ProxyHandler({}))
    with pytest.raises(urllib.error.HTTPError) as answer:
        opener.open(urllib.request.Request(url, headers=headers), timeout=30)
    with answer.value as response:
        return response.code, response.headers.get("Location", "")


def test_a_live_report_leads_to_the_screen_and_ends_with_the_run(project: Project, lab: RunningLab) -> None:
    lab.change_settings(guest={"powers_off": False})
    configure(project, lab, rebuild="for the live report", min_image_size=0.1)
    file = project.folder / "live.html"

    run = project.start_warm("up", "--yes", "--skip-preview", "--stack", STACK)
    wait_for(lambda: CloudView(lab.env).servers(), "a server", 60)
    live = start(project, "report", "--live", "--every", "0.2", "--output", str(file))
    page = wait_for(lambda: page_with_console(file), "a console in the report", 60)
    (server,) = CloudView(lab.env).servers()
    link = page.one("a").attributes["href"]
    screen, foreign = location_of(link), location_of(link, Host="evil.example.com")
    unknown = location_of(f"{link}0")
    during = file.read_text()
    plain = report(project)
    other = start(project, "report", "--live", "--output", str(project.folder / "other.html"))
    wait_for(lambda: page_with_console(project.folder / "other.html"), "a console in another report", 60)
    other.send_signal(signal.SIGINT)
    other.communicate(timeout=COMMAND_TIMEOUT_S)
    CloudView(lab.env).stop_server(server["id"])
    output, _ = run.communicate(timeout=COMMAND_TIMEOUT_S)
    printed, said = live.communicate(timeout=COMMAND_TIMEOUT_S)

    assert run.returncode == 0, output
    assert (0, f"{file}\n") == (live.returncode, printed), said
    assert ["0.2"] == [each.attributes["content"] for each in page.all("meta", http_equiv="refresh")]
    assert "Under way" in page.one("p", data_status="under way").text
    assert 302 == screen[0]
    assert f"/console/{server['id']}?token=" in screen[1]
    assert ((404, ""), (404, "")) == (foreign, unknown)
    require_no_secret(project, during)
    interrupted = parse((project.folder / "other.html").read_text())
    assert 130 == other.returncode
    for left in (plain, interrupted):
        assert "Under way" in left.one("p", data_status="under way").text
        assert ([], []) == (left.all("a"), left.all("meta", http_equiv="refresh"))
    afterwards = parse(file.read_text())
    require_no_secret(project, file.read_text())
    assert ([], []) == (afterwards.all("a"), afterwards.all("meta", http_equiv="refresh"))
    require_figures_of_summary(project, afterwards)
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(link, timeout=30)


def page_with_console(file: Path) -> Element | None:
    page = parse(file.read_text()) if file.exists() else None
    return page if page is not None and page.all("a") else None


def test_without_a_run_a_live_report_is_written_once_with_the_console_of_a_kept_server(
    project: Project, lab: RunningLab
) -> None:
    configure(project, lab, rebuild="for a kept server", installation={"timeout_minutes": 0.02})
    failed = project.up()

    live = start(project, "report", "--live")
    printed, said = live.communicate(timeout=COMMAND_TIMEOUT_S)

    assert (0, f"{project.program}/.state/report-{STACK}.html\n") == (live.returncode, printed)
    assert f"no run of the stack {STACK} is under way" in said
    assert failed.status != 0, failed
    text = (project.program / ".state" / f"report-{STACK}.html").read_text()
    page = parse(text)
    require_no_secret(project, text)
    assert "debian: installation has not ended" in page.one("section", data_section="failures").text
    assert "booting from" in page.one("section", data_section="consoles").one("pre").text
    assert [] == page.all("a")


def test_a_stack_that_does_not_exist_is_named(project: Project) -> None:
    command = start(project, "report", "--stack", "nowhere")
    printed, said = command.communicate(timeout=COMMAND_TIMEOUT_S)

    assert (1, "") == (command.returncode, printed)
    assert "report: cannot read the state of the stack nowhere: error: no stack named 'nowhere' found\n" == said


def test_the_stack_is_destroyed_and_the_report_remains_one(project: Project) -> None:
    assert project.destroy().status == 0

    assert "Without builds" in report(project).one("p", data_status="without builds").text
