"""Nothing is bought that cannot work: each faulty configuration ends at preview, in the real CLI with the pack on."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.faults import ALL, FILES, Faulty
from tests.e2e.project import Outcome, Project, build_settings
from tests.labs import RunningLab, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("faulty configurations")]

SAMPLED = 29
"""One of so many is in the suite; `make test-matrix` runs the others. Without the CLI the suite has each of them."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """Run one lab for all tests: they create nothing in it."""
    with RunningLab.holding(tmp_path_factory.mktemp("lab"), FILES) as running:
        yield running


class Judged(Project):
    """A project whose commands run with the policy pack."""

    rules: dict[str, Any] = {}

    def run(self, command: str, *options: str) -> Outcome:
        file = self.folder / "rules.json"
        file.write_text(json.dumps(self.rules))
        pack = ("--policy-pack", "policy", "--policy-pack-config", str(file))
        yes = ("--yes",) if command == "up" else ()
        return self.pulumi(command, "--stack", "test", *yes, *pack, *options)


@pytest.fixture(scope="module")
def shared(lab: RunningLab, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """Return a stack that stays empty, whatever is tried on it."""
    return Judged(tmp_path_factory.mktemp("project") / "project", dict(lab.env))


@pytest.fixture
def project(shared: Judged, lab: RunningLab) -> Iterator[Judged]:
    """Return the shared stack in its first state."""
    shared.environment, shared.rules = dict(lab.env), {}
    lab.restore()
    yield shared
    lab.restore()


def configure(project: Judged, lab: RunningLab, faulty: Faulty) -> None:
    project.configure(**faulty.settings(lab.env))
    project.environment = faulty.environment(lab.env)
    project.rules = faulty.rules
    if faulty.lab:
        lab.change_settings(**faulty.lab)


def changes(lab: RunningLab) -> list[str]:
    """Return the requests that could have changed something in the cloud; a token changes nothing."""
    return [e["operation"] for e in lab.journal() if e["method"] != "GET" and e["service"] not in ("iam", "obs")]


@pytest.mark.parametrize(
    "faulty",
    [
        pytest.param(
            faulty, id=faulty.fault.replace(" ", "-"), marks=[] if number % SAMPLED == 0 else [pytest.mark.matrix]
        )
        for number, faulty in enumerate(ALL)
    ],
)
def test_it_is_refused_at_preview_with_its_key_and_what_to_do(project, lab, faulty):
    configure(project, lab, faulty)
    lab.clear_journal()

    outcome = project.run("preview")

    assert outcome.status != 0, outcome
    for word in faulty.says:
        assert word in outcome.output, outcome
    assert "Traceback" not in outcome.output, outcome
    assert changes(lab) == []


def test_there_are_sixty_and_more():
    assert len(ALL) >= 60
    assert len({faulty.fault for faulty in ALL}) >= len(ALL) - 1


def test_a_configuration_without_fault_is_let_through(project, lab):
    configure(project, lab, Faulty("none", ()))
    lab.clear_journal()

    outcome = project.run("preview")

    assert outcome.status == 0, outcome
    assert "this run rents 1 temporary server for about 30 min and creates 1 image" in outcome.output
    assert "ISO 9660, label 'INSTALLER', boots with bios and uefi" in outcome.output
    assert "warning" not in outcome.output
    assert changes(lab) == []


def test_all_faults_of_all_builds_come_in_one_report(project, lab):
    """Those that the configuration shows, and those that only the cloud can tell, in the order of the builds."""
    more = ({"name": "second", "image_name": "<second>"}, {"name": "third", "image_name": "third", "vpc_id": "x"})
    configure(project, lab, Faulty("several", (), {"flavor": "s6.medium.2"}, {"prices": {"x": 1}}, more))

    outcome = project.run("preview")

    report = outcome.output.partition("the preflight found 5 problems; nothing was created:")[2]
    lines = [line.split(":")[1] for line in report.splitlines() if line.strip().startswith("image-from-iso:")]
    assert lines[:5] == [
        "prices.x",
        "builds[0].flavor",
        "builds[1].image_name",
        "builds[2].vpc_id",
        "builds[2].subnet_id",
    ]


def test_settings_that_are_left_empty_are_absent(project, lab):
    empty = dict.fromkeys(("defaults", "regions", "prices", "endpoints"), "")
    configure(project, lab, Faulty("none", (), {"tags": {}, "share_with": []}, stack=empty))

    outcome = project.run("preview")

    assert outcome.status == 0, outcome


def test_no_message_shows_a_structured_value(project, lab):
    secret = "hunter2-the-secret"
    builds = [[{"user_data": secret}], secret, build_settings(lab.env, tags={"password": [secret]}, user_data=[secret])]
    configure(project, lab, Faulty("secrets", (), stack={"builds": builds, "regions": secret, "prices": {"x": secret}}))

    outcome = project.run("preview")

    assert outcome.status != 0
    assert "builds[2].tags" in outcome.output
    assert secret not in outcome.output
    assert "unhandled" not in outcome.output


def test_warn_shows_the_faults_and_goes_on(project, lab):
    configure(project, lab, Faulty("quota", (), stack={"preflight": "warn"}, lab={"quotas": {"servers": 0}}))

    outcome = project.run("preview")

    assert "warning: image-from-iso:builds: require 1 server together" in outcome.output
    assert "the preflight found" not in outcome.output


def test_off_asks_nothing_about_quotas_and_names(project, lab):
    configure(project, lab, Faulty("quota", (), stack={"preflight": "off"}, lab={"quotas": {"servers": 0}}))
    lab.clear_journal()

    outcome = project.run("preview")

    assert outcome.status == 0, outcome
    assert "Preflight" not in outcome.output
    assert not any("limits" in entry["path"] or "quota" in entry["path"] for entry in lab.journal())


def test_the_plan_knows_prices_and_estimates(project, lab):
    prices = {"currency": "EUR", "flavors": {"s6.large.2": 0.5}, "volumes": {"SSD": 0.001}}
    configure(project, lab, Faulty("none", (), stack={"prices": prices, "estimated_minutes": 60}))

    outcome = project.run("preview")

    assert "for about 1 h 00 min, creates 1 image and costs about 0.52 EUR" in outcome.output


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"quotas": {"servers": 0}}, "require 1 server together"),
        ({"sold_out_flavors": ["s6.large.2"]}, "builds[0].flavor: 's6.large.2' is not offered in lab-1a"),
    ],
    ids=["quota gone", "flavor sold out"],
)
def test_what_goes_wrong_after_the_preview_stops_the_update_before_the_first_create(project, lab, change, says):
    configure(project, lab, Faulty("none", ()))
    preview = project.run("preview")
    lab.change_settings(**change)
    lab.clear_journal()

    outcome = project.run("up", "--skip-preview")

    assert preview.status == 0, preview
    assert outcome.status != 0, outcome
    assert says in outcome.output
    assert changes(lab) == []


def test_a_fault_that_appears_within_one_run_stops_it_before_the_first_create(project, lab):
    """The second look at the quotas, which is the update's, is held until the quota is gone."""
    configure(project, lab, Faulty("none", ()))
    lab.clear_journal()
    lab.hold(service="ecs", path="/cloudservers/limits", nth=2)
    file = project.folder / "rules.json"
    file.write_text("{}")
    process = project.start_warm("up", "--yes", "--stack", "test", "--policy-pack", "policy")
    wait_for(lab.held, "the update's look at the quotas", 120)

    lab.change_settings(quotas={"servers": 0})
    lab.call("DELETE", "/holds")
    output, _ = process.communicate(timeout=120)

    assert process.returncode != 0, output
    assert "Updating (test)" in output
    assert "require 1 server together" in output
    assert changes(lab) == []
