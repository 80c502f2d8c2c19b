"""The doctor as a user runs it, beside a lab."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.iso_file.iso_content import IsoContent
from config.iso_file.iso_location import IsoObject
from config.sign_in import connection, precedence
from preflight import duration_history
from tests import warm
from tests.e2e.project import ROOT, build_settings
from tests.isos import iso
from tests.labs import RunningLab

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    files = {"installer.iso": iso("INSTALLER", ("bios", "uefi"))}
    with RunningLab.holding(tmp_path_factory.mktemp("lab"), files) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: image-from-iso\nruntime: python\n")
    return tmp_path


@pytest.fixture
def configure(folder: Path) -> Callable[..., None]:
    """Return a function that writes the file of the stack `test`."""

    def write(**settings: Any) -> None:
        config = {f"image-from-iso:{key}": value for key, value in settings.items()}
        (folder / "Pulumi.test.yaml").write_text(yaml.safe_dump({"config": config}))

    return write


@pytest.fixture
def doctor(lab: RunningLab, folder: Path) -> Run:
    """Return a function that runs the command, with changes to the lab's variables; None removes one."""

    def run(*options: str, **variables: str | None) -> subprocess.CompletedProcess[str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("HW_")}
        changed = {**kept, "COLUMNS": "120", **lab.env, **variables}
        return subprocess.run(
            [warm.python(), "-m", "preflight", "--folder", str(folder), *options],
            cwd=ROOT,
            env={key: value for key, value in changed.items() if value is not None},
            text=True,
            capture_output=True,
        )

    return run


def test_a_stack_without_problems_ends_with_status_0_and_reports_what_was_found(doctor, configure, lab):
    configure(region="lab-1", builds=[build_settings(lab.env)])

    outcome = doctor()

    assert (0, "") == (outcome.returncode, outcome.stderr)
    assert "label 'INSTALLER', boots with bios and uefi" in outcome.stdout
    assert "rents 1 temporary server" in outcome.stdout
    assert "no problems found" in outcome.stdout


def test_all_faults_are_in_the_table_with_what_to_do(doctor, configure, lab):
    builds = [
        build_settings(lab.env),
        build_settings(lab.env, name="b", flavor="s6.medium.2", image_name="b"),
        build_settings(lab.env, name="c", image_name="<c>"),
    ]
    configure(region="lab-1", builds=builds, regoin="lab-1")

    outcome = doctor()

    assert 1 == outcome.returncode
    lines = outcome.stdout.splitlines()
    keys = [line.split()[1] for line in lines if line.startswith("error")]
    assert ["regoin", "builds[1].flavor", "builds[2].image_name"] == keys
    assert "-> suitable flavors: " in outcome.stdout
    assert "3 errors, 0 warnings" in lines[-1]
    assert [] == [line for line in lines if len(line) > 120]


def test_json_is_for_machines(doctor, configure, lab):
    configure(region="lab-1", builds=[build_settings(lab.env, flavor="s6.medium.2")])

    outcome = doctor("--json")

    assert 1 == outcome.returncode
    found = json.loads(outcome.stdout)
    assert found["ok"] is False
    (finding,) = found["findings"]
    assert ("error", "builds[0].flavor", "s6.medium.2") == tuple(finding[k] for k in ("severity", "key", "value"))
    assert "s6.large.2" in finding["remedy"]


def test_all_regions_are_examined_and_reported_together(doctor, configure, lab):
    other = {"region": "lab-1", "endpoints": {s: lab.env[f"HW_{s.upper()}_ENDPOINT"] for s in precedence.ENDPOINT_KEYS}}
    builds = [
        build_settings(lab.env, flavor="s6.medium.2"),
        build_settings(lab.env, name="b", image_name="b", region="other", vpc_id="x"),
        build_settings(lab.env, name="c", image_name="c", region="mars"),
    ]
    configure(region="lab-1", regions={"other": other}, builds=builds)

    outcome = doctor("--json")

    found = json.loads(outcome.stdout)
    assert 1 == outcome.returncode
    assert {"builds[0].flavor", "builds[1].vpc_id", "builds[2].region"} <= {f["key"] for f in found["findings"]}
    assert ["lab-1", "other"] == [place["region"] for place in found["regions"]]


def test_it_reports_how_many_servers_are_alive_at_a_time(doctor, configure, lab):
    builds = [build_settings(lab.env, name=name, image_name=name) for name in "abc"]
    configure(region="lab-1", servers_at_once=2, builds=builds)

    assert "each, 2 at a time (servers_at_once) and creates 3 images" in doctor().stdout


def test_it_shows_the_roles_that_a_token_brings(doctor, configure, lab):
    configure(region="lab-1", builds=[build_settings(lab.env)])

    with_password = doctor("--json", HW_ACCESS_KEY=None, HW_SECRET_KEY=None)
    with_key = doctor(HW_USER_NAME=None, HW_USER_PASSWORD=None)

    assert json.loads(with_password.stdout)["regions"][0]["roles"]
    assert "roles    not available with an access key" in with_key.stdout


def test_the_doctor_makes_nothing(doctor, configure, lab):
    configure(region="lab-1", builds=[build_settings(lab.env)])
    lab.clear_journal()

    doctor()

    assert {"GET"} == {entry["method"] for entry in lab.journal() if entry["service"] != "iam"}


def test_without_credentials_it_names_the_searched_sources(doctor, configure, lab):
    configure(region="lab-1", builds=[build_settings(lab.env)], secret_key={"secure": "v1:abc"})
    keys = ("HW_ACCESS_KEY", "HW_SECRET_KEY", "HW_USER_NAME", "HW_USER_PASSWORD")

    outcome = doctor(**dict.fromkeys(keys))

    assert 1 == outcome.returncode
    assert "HW_ACCESS_KEY" in outcome.stdout
    assert "secret_key are encrypted" in outcome.stdout


def test_a_secret_is_never_shown(doctor, configure, lab):
    configure(region="lab-1", builds=[build_settings(lab.env)])

    for options in ((), ("--json",)):
        outcome = doctor(*options, HW_SECRET_KEY="a-wrong-secret", HW_USER_PASSWORD="a-wrong-password")

        assert 1 == outcome.returncode
        for secret in ("a-wrong-secret", "a-wrong-password", lab.env["HW_SECRET_KEY"]):
            assert secret not in outcome.stdout + outcome.stderr


def test_structured_values_may_be_json_text(doctor, configure, lab):
    configure(region="lab-1", builds=json.dumps([build_settings(lab.env)]))

    assert 0 == doctor().returncode


def test_one_of_several_stacks_is_named(doctor, configure, folder, lab):
    configure(region="lab-1", builds=[build_settings(lab.env)])
    (folder / "Pulumi.other.yaml").write_text("config: {}\n")

    nameless, named = doctor(), doctor("--stack", "test")

    assert 2 == nameless.returncode
    assert "one of other, test" in nameless.stderr
    assert 0 == named.returncode


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("config: [", "is not YAML"),
        ("[]", "has no `config`"),
        ("config: 1", "has no `config`"),
        ("", "has no `config`"),
    ],
)
def test_a_file_that_is_no_configuration_is_named(doctor, folder, content, words):
    (folder / "Pulumi.test.yaml").write_text(content)

    outcome = doctor()

    assert 2 == outcome.returncode
    assert "Pulumi.test.yaml" in outcome.stderr
    assert words in outcome.stderr


def test_without_a_file_it_names_what_to_write(doctor):
    outcome = doctor("--stack", "absent")

    assert 2 == outcome.returncode
    assert "Pulumi.absent.yaml" in outcome.stderr


def test_the_estimate_is_the_duration_of_earlier_builds_of_the_same_file(
    doctor: Run, configure: Callable[..., None], lab: RunningLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = build_settings(lab.env)
    configure(region="lab-1", builds=[build])
    found = connection.connect("lab-1", {}, lab.env).obs.head_object(*IsoObject.parse(build["image_url"]))
    assert found is not None
    content = duration_history.content_key(IsoContent.of_object(found).as_props(), build)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    duration_history.record("lab-1", "rental", 7 * 60.0, duration_history.basis(content, build["flavor"]))

    assert "about 7 min" in doctor("--stack", "test").stdout
