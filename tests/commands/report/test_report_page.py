"""Report of a state: the figures of `make summary`, times, costs, failures, and texts that stay texts."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands.report.conftest import Write, command
from tests.commands.report.parsed_page import Element
from tests.commands.report.states import PNG, State

HOSTILE = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(1)>\x1b[31m&amp;"
SHOWN = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;"
FIRST, SECOND = "0123456789abcdef", "fedcba9876543210"


def two_builds() -> State:
    """Return two builds that share an import; the second has waited for the server of the first."""
    state = State()
    state.imported("iso")
    state.build("debian", FIRST, "iso", 61)
    state.build("later", SECOND, "iso", 61, queued_s=771.0)
    return state


def cells(row: Element) -> list[str]:
    return [cell.text for cell in row.children]


def test_the_figures_are_those_of_the_summary(page: Write, tmp_path: Path) -> None:
    state = two_builds()

    shown = page(state).one("section", data_section="builds")
    summary = json.loads(command("summary", "--state", "-", "--json", text=str(state), folder=tmp_path).stdout)

    for build in summary["builds"]:
        row = shown.one("tr", data_build=build["build"])
        steps = {**build["duration_s"], "queue": build["queued_s"]}
        assert {**steps, "total": build["total_s"], "requests": build["total_requests"]} == row.values()
        assert build["requests"] == row.requests()
        assert build["image_name"] == cells(row)[1]
    assert [] == shown.all("section", data_section="others")
    together = shown.one("tr", data_build="together")
    seconds = {**summary["together"]["duration_s"], "queue": summary["together"]["queued_s"]}
    assert summary["together"]["requests"] == together.requests()
    assert seconds.items() <= together.values().items()
    assert sum(seconds.values()) == pytest.approx(together.values()["total"])


def test_upload_and_test_are_steps_of_the_timeline_the_path_and_the_costs(page: Write) -> None:
    state = two_builds()
    for resource in state.resources:
        if resource["type"].endswith("IsoImage"):
            resource["outputs"]["image_url"] = "bucket:iso/1.iso"
    state.add("IsoObject", "bucket-1", "bucket:iso/1.iso", 0, duration_s=40.0, requests=12)
    disk = {"root_volume": {"volumetype": "SSD", "size": 20}}
    state.add(
        "ImageVerification",
        "debian",
        "t",
        900,
        build_id=FIRST,
        flavor="s6.small.1",
        duration_s=50.0,
        requests=7,
        **disk,
    )

    shown = page(state)

    builds = shown.one("section", data_section="builds")
    assert (40.0, 50.0) == tuple(
        builds.one("tr", data_build="debian").values()[key] for key in ("upload", "verification")
    )
    assert "debian: test, 50 s" in shown.one("section", data_section="timeline").text
    assert "debian: upload, 40 s" in shown.one("section", data_section="timeline").text
    rows = [cells(row) for row in shown.one("section", data_section="path").all("tr")]
    assert "upload" in [row[1] for row in rows]


def test_the_critical_path_goes_through_the_build_that_was_waited_for(page: Write) -> None:
    path = page(two_builds()).one("section", data_section="path")

    rows = [cells(row) for row in path.all("tr")]
    steps = [(row[0], row[1]) for row in rows if row[0] in ("debian", "later")]
    own = ["ISO image", "server", "installation", "capture", "teardown"]
    assert [("debian", step) for step in own] + [("later", step) for step in own[1:]] == steps
    assert ("whole path", "26 min 42 s") == (rows[-1][0], rows[-1][3])
    assert ["", "between steps", "", "1 s"] in rows


def test_a_build_that_waited_for_its_turn_follows_the_teardown_before_it(page: Write) -> None:
    state = State()
    state.imported("iso")
    state.build("debian", FIRST, "iso", 61)
    state.build("later", SECOND, "iso", 833, turn_s=832)

    path = page(state).one("section", data_section="path")

    builds = [row.children[0].text for row in path.all("tr")]
    assert (5, 4) == (builds.count("debian"), builds.count("later"))


def test_a_reused_import_is_shown_once_before_a_pause_that_the_axis_leaves_out(page: Write) -> None:
    state = State()
    state.imported("iso", ended_s=-86400.0)
    state.build("debian", FIRST, "iso", 0)
    state.build("second", SECOND, "iso", 10)

    shown = page(state)
    picture = shown.one("section", data_section="timeline").one("div", aria_label="Timeline").one("svg")

    titles = [title.text for title in picture.all("title")]
    assert "debian: ISO image, 1 min 00 s" in titles
    assert "second: ISO image, 1 min 00 s, shared import" in titles
    assert "24 h 00 min without a step" in titles
    bars = [bar for bar in picture.all("rect") if bar.attributes["class"] != "break"]
    assert 10 == len(bars)
    path = shown.one("section", data_section="path").one("tbody").children
    assert ["second", "server"] == [cell.text for cell in path[0].children[:2]]
    assert all(0 < float(bar.attributes["x"]) + float(bar.attributes["width"]) <= 900 for bar in bars)


def test_costs_follow_from_the_price_table(page: Write, tmp_path: Path) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text("{currency: EUR, flavors: {s6.large.2: 3.6}, volumes: {SSD: 0}, image_gib_month: 0.5}")

    costs = page(two_builds(), "--prices", str(prices)).one("section", data_section="costs")

    rented_s = 770.0  # from the begin of the server, after its queue, to the end of its teardown
    first, second, together = [cells(row) for row in costs.one("tbody").children]
    assert [row.values()["cost"] for row in costs.one("tbody").children[:2]] == pytest.approx([rented_s / 1000] * 2)
    assert ["debian", "s6.large.2", "10 GiB SSD + 20 GiB SSD", "12 min 50 s", "3.60 EUR", "0.77 EUR"] == first[:6]
    assert first[6] == second[6] == "10.00 EUR"
    assert ["1.54 EUR", "20.00 EUR"] == together[5:]


def test_hostile_names_are_texts(page: Write) -> None:
    state = State()
    state.imported("iso")
    state.build(HOSTILE, FIRST, "iso", 61)

    shown = page(state)

    row = shown.one("section", data_section="builds").one("tbody").children[0]
    assert [SHOWN, f"{SHOWN}-golden"] == cells(row)[:2]
    assert SHOWN in shown.one("svg", role="img").text
    assert f"{SHOWN}-golden" in shown.one("section", data_section="outputs").text


def test_a_failed_step_has_its_messages_and_the_last_output_of_its_server(page: Write, tmp_path: Path) -> None:
    state = State()
    state.imported("iso")
    state.build("debian", FIRST, "iso", 61, steps=1)
    saved(
        tmp_path, FIRST, f"server debian-{FIRST} (x): it failed {HOSTILE}\n\n{HOSTILE}\nkernel panic\npassword: hunter2"
    )
    saved(tmp_path, SECOND, "server of another stack\n\nnot shown")
    urn = next(each["urn"] for each in state.resources if "TempServer" in each["urn"])
    message = f"has not ended {HOSTILE}; its remote console: https://console.example.com/vnc?token=t0k3n"
    events = tmp_path / "events.json"
    write_events(events, {urn.replace("TempServer", "OsInstallation"): message, "": "update failed"})

    shown = page(state, "--events", str(events))

    failures = shown.one("section", data_section="failures")
    assert "not finished" == shown.one("p", data_status="not finished").attributes["data-status"]
    assert "debian: installation has not ended" in failures.text
    assert "✕" in shown.one("section", data_section="timeline").text
    messages, others, console = [pre.text for pre in failures.all("pre")]
    assert [False, True] == ["open" in each.attributes for each in failures.all("details")]
    assert f"has not ended {SHOWN}; its remote console: https://console.example.com/vnc?…" == messages
    assert "update failed" == others
    assert f"{SHOWN}\nkernel panic\npassword: …" == console
    assert base64.b64encode(PNG).decode() in failures.one("img").attributes["src"]
    assert [] == shown.all("section", data_section="builds")[1:]
    assert "not shown" not in shown.text


def saved(folder: Path, build_id: str, text: str) -> None:
    """Save the output of a server, as providers.installation.diagnostic_files does."""
    stem = folder / "diagnostics" / f"debian-{build_id}-20260301T101500Z-0a1b"
    stem.parent.mkdir(exist_ok=True)
    stem.with_name(f"{stem.name}.log").write_text(text)
    stem.with_name(f"{stem.name}.png").write_bytes(PNG)


def write_events(file: Path, errors: dict[str, str]) -> None:
    """Write an event log whose earlier run, the preview, has another error."""
    old: dict[str, Any] = {"diagnosticEvent": {"message": "of the preview", "severity": "error"}}
    found: list[dict[str, Any]] = [
        {"preludeEvent": {"config": {"a:password": "not for the report"}}},
        old,
        {"preludeEvent": {}},
    ]
    found += [{"diagnosticEvent": {"urn": urn, "message": text, "severity": "error"}} for urn, text in errors.items()]
    lines = [json.dumps({"sequence": number, **event}) for number, event in enumerate(found)]
    file.write_text("\n".join([*lines, '{"sequence": 9, "diagno']))


def test_a_state_without_times_has_figures_and_no_timeline(page: Write) -> None:
    state = two_builds()
    for resource in state.resources:
        resource.pop("created")

    shown = page(state)

    assert 3 == len(shown.one("section", data_section="builds").one("tbody").children)
    assert [] == shown.all("section", data_section="timeline")


@pytest.mark.parametrize("value", [None, True, "x", 1e300, -1])
def test_values_that_are_none_are_no_error(page: Write, value: object) -> None:
    state = two_builds()
    for resource in state.resources:
        resource["outputs"] = dict.fromkeys(resource["outputs"], value)

    assert page(state).all("h1")


def test_an_empty_state_is_explained(page: Write) -> None:
    shown = page(State())

    assert "Without builds" in shown.one("p", data_status="without builds").text
    assert ["Run report: stack"] == [head.text for head in shown.all("h1")]


def test_the_page_forbids_everything_that_it_does_not_need(page: Write) -> None:
    head = page(two_builds()).one("head")

    policy = head.one("meta", http_equiv="Content-Security-Policy").attributes["content"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert [] == head.all("meta", http_equiv="refresh")
    style = head.one("style").text
    assert "prefers-color-scheme: dark" in style
    assert "url(" not in style
    assert "@import" not in style


@pytest.mark.parametrize(
    ("arguments", "text", "status", "words"),
    [
        (["--state", "-"], "no JSON", 1, "report: the standard input was not written by `pulumi stack export --file`"),
        (["--state", "nowhere.json"], "", 1, "report: nowhere.json cannot be read: No such file or directory"),
        (["--state", "-", "--events", "nowhere"], "", 1, "report: cannot read nowhere: No such file or directory"),
        (["--state", "-", "--events", "Makefile"], "", 1, "Makefile was not written by `pulumi up --event-log`"),
        (["--state", "-", "--prices", "nowhere"], "", 1, "the price table nowhere cannot be read"),
        (
            ["--state", "-", "--output", "/dev/null/x"],
            "{state}",
            1,
            "report: cannot write /dev/null/x: Not a directory",
        ),
        (["--state", "-", "--live"], "", 2, "--live requires a stack of this project, not --state"),
        (["--every", "0"], "", 2, "--every"),
        (["--fleet", "nowhere"], "", 2, "report: nowhere:\n  cannot be read: No such file or directory"),
    ],
)
def test_an_error_is_a_sentence(arguments: list[str], text: str, status: int, words: str, tmp_path: Path) -> None:
    ended = command("report", *arguments, text=text.replace("{state}", str(State())), folder=tmp_path)

    assert (status, "") == (ended.returncode, ended.stdout)
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
